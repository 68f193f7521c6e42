// Performs the webhook calls of workflows: opens the secrets, sends the request, and judges the response. If a secret
// is missing, the call is not made. The job worker takes care of leases, slots and results.

import { type Clock, steadyClock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import { randomFraction } from '../../base/random.ts';
import type { SecretBox } from '../../base/seal.ts';
import { channelKeyText } from '../../core/model/channel-key.ts';
import type { OutgoingHttp, OutgoingResponse } from '../../outgoing/http-client.ts';
import { openSigningSecrets, type SigningSecrets } from '../../store/secrets/signing-secrets.ts';
import type { ClaimedJob } from '../../store/workflows/jobs.ts';
import { type JobHandler, type JobVerdict, type LeasedJob, loggedFields } from '../job-handler.ts';
import { KnownTroubles } from '../known-troubles.ts';
import { webhookRequest } from './webhook-request.ts';
import { type CallSecrets, openCallSecrets, withoutValues } from './webhook-secrets.ts';
import { judgeResponse } from './webhook-verdict.ts';

export type WebhookMetrics = {
  /** Measures the HTTP request alone. */
  observeWebhookCall(seconds: number): void;
};

export type CallWebhookDependencies = {
  readonly clock: Clock;
  readonly log: Log;
  readonly http: Pick<OutgoingHttp, 'send'>;
  /** The box; null: no secret can be opened, and calls that must be signed fail. */
  readonly secretBox: SecretBox | null;
  readonly metrics: WebhookMetrics;
};

export class CallWebhook implements JobHandler {
  readonly #dependencies: CallWebhookDependencies;
  readonly #troubles = new KnownTroubles();

  constructor(dependencies: CallWebhookDependencies) {
    this.#dependencies = dependencies;
  }

  async perform(job: LeasedJob): Promise<JobVerdict> {
    const { response, values } = await this.#call(job);
    const { attempt, content } = job;
    const elapsedMs = steadyClock() - job.beganAt;
    const verdict = judgeResponse(response, { ...content, attempt, elapsedMs }, randomFraction());
    const ended =
      response.kind === 'responded' ? { status: response.status } : { reason: response.reason };
    const { latencyMs } = response;
    this.#dependencies.log.debug(
      { ...loggedFields(job), ...ended, latencyMs, verdict: verdict.do },
      'job.called',
    );
    if (verdict.do === 'retry') return verdict;
    return { do: 'finish', outcome: withoutValues(verdict.outcome, values) };
  }

  /** Makes a call. @returns its response, and the values of the secrets that the response may contain. */
  async #call(job: LeasedJob): Promise<CallEnd> {
    const { http, clock, metrics } = this.#dependencies;
    const { withinMs = Number.POSITIVE_INFINITY, timeoutMs: usualMs } = job.content;
    const timeoutMs = Math.min(usualMs, Math.ceil(job.beganAt + withinMs - steadyClock()));
    if (timeoutMs <= 0) return notMade('timeout', 'the time of the step is over');
    const signing = this.#openSigningSecrets(job);
    if (signing === undefined) {
      const detail = 'it could not be signed: the secret of the channel does not open';
      return notMade('protocol', detail);
    }
    const opened = this.#openCallSecrets(job);
    if (!opened.ok) return notMade('url', opened.why);
    const { values } = opened;
    const response = await http.send(webhookRequest(job, signing, clock(), { values, timeoutMs }));
    metrics.observeWebhookCall(response.latencyMs / 1000);
    return { response, values };
  }

  /** Opens the signing secrets. @returns null if the channel has none, and undefined if they do not open. */
  #openSigningSecrets(job: ClaimedJob): SigningSecrets | null | undefined {
    const { secretSealed } = job;
    const { secretBox, log } = this.#dependencies;
    if (secretSealed === null) return null;
    const subject = channelKeyText(job);
    try {
      if (secretBox === null) throw new Error('there is no secret key');
      const secrets = openSigningSecrets(secretBox, { ...job, secretSealed });
      this.#troubles.end(subject);
      return secrets;
    } catch (error) {
      if (this.#troubles.begin(subject, (error as Error).message)) {
        log.error({ err: error, ...loggedFields(job) }, 'job.cannot_be_signed');
      }
      return undefined;
    }
  }

  #openCallSecrets(job: ClaimedJob): ReturnType<typeof openCallSecrets> {
    const { secretBox, log } = this.#dependencies;
    const subjectOf = (name: string): string => `${channelKeyText(job)} ${name}`;
    const opened = openCallSecrets(job, secretBox);
    if (opened.ok) {
      for (const name of opened.values.keys()) this.#troubles.end(subjectOf(name));
    } else if (this.#troubles.begin(subjectOf(opened.name), opened.why)) {
      log.error({ reason: opened.why, ...loggedFields(job) }, 'job.lacks_a_secret');
    }
    return opened;
  }
}

type CallEnd = { readonly response: OutgoingResponse; readonly values: CallSecrets };

const notMade = (reason: 'protocol' | 'timeout' | 'url', detail: string): CallEnd => ({
  response: { kind: 'failed', reason, detail, latencyMs: 0 },
  values: new Map(),
});
