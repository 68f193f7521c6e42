// The maximum number of connections: the process's file descriptors, less those that the database, callbacks and files
// need.

import { limits } from '../../base/limits.ts';

/** Computes the maximum. @param descriptors the process's limit; undefined if unknown. */
export function connectionLimit(descriptors: number | undefined = readDescriptorLimit()): number {
  if (descriptors === undefined) return limits.connectionsMax;
  const { reservedDescriptorsMin, reservedDescriptorsMax } = limits;
  const reserved = Math.max(
    reservedDescriptorsMin,
    Math.min(Math.floor(descriptors / 3), reservedDescriptorsMax),
  );
  return Math.max(1, Math.min(limits.connectionsMax, descriptors - reserved));
}

function readDescriptorLimit(): number | undefined {
  const report = process.report as NodeJS.ProcessReport & { excludeNetwork?: boolean };
  const before = report.excludeNetwork;
  // Otherwise the report would resolve the names of all addresses.
  report.excludeNetwork = true;
  const { userLimits } = report.getReport() as {
    userLimits?: { open_files?: { soft?: number | string } };
  };
  report.excludeNetwork = before ?? false;
  const soft = Number(userLimits?.open_files?.soft);
  return Number.isSafeInteger(soft) ? soft : undefined;
}
