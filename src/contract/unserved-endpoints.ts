// The endpoints of the vendor's REST API 2.14 that Parley does not serve: their callers get an error that says so
// instead of "not found". The endpoints that it serves are in the route table.

/** Methods and path, one line per path. */
const table = `
GET POST /ai/content_import_sources
GET PUT DELETE /ai/content_import_sources/{source_id}
GET POST /ai/external_pages
GET PUT DELETE /ai/external_pages/{page_id}
GET POST /articles
GET /articles/search
GET PUT DELETE /articles/{article_id}
GET /away_status_reasons
GET /calls
POST /calls/search
GET /calls/{call_id}
GET /calls/{call_id}/recording
GET /calls/{call_id}/transcript
GET POST DELETE /custom_object_instances/{custom_object_type_identifier}
GET DELETE /custom_object_instances/{custom_object_type_identifier}/{custom_object_instance_id}
GET /download/content/data/{job_identifier}
GET /download/reporting_data/{job_identifier}
GET POST /events
POST /events/summaries
POST /export/cancel/{job_identifier}
POST /export/content/data
GET /export/content/data/{job_identifier}
POST /export/reporting_data/enqueue
GET /export/reporting_data/get_datasets
GET /export/reporting_data/{job_identifier}
GET POST /help_center/collections
GET PUT DELETE /help_center/collections/{collection_id}
GET /help_center/help_centers
GET /help_center/help_centers/{help_center_id}
GET POST /internal_articles
GET /internal_articles/search
GET PUT DELETE /internal_articles/{internal_article_id}
GET PUT /ip_allowlist
GET /jobs/status/{job_id}
GET POST /news/news_items
GET PUT DELETE /news/news_items/{news_item_id}
GET /news/newsfeeds
GET /news/newsfeeds/{newsfeed_id}
GET /news/newsfeeds/{newsfeed_id}/items
POST /phone_call_redirects
GET /ticket_states
GET POST /ticket_types
GET PUT /ticket_types/{ticket_type_id}
POST /ticket_types/{ticket_type_id}/attributes
PUT /ticket_types/{ticket_type_id}/attributes/{attribute_id}
POST /tickets
POST /tickets/enqueue
POST /tickets/search
GET PUT DELETE /tickets/{ticket_id}
POST /tickets/{ticket_id}/reply
POST /tickets/{ticket_id}/tags
DELETE /tickets/{ticket_id}/tags/{tag_id}
GET PUT /visitors
POST /visitors/convert
`;

export type UnservedEndpoint = {
  readonly method: string;
  /** The path, with `{name}` for parameters. */
  readonly path: string;
};

export const unservedEndpoints: readonly UnservedEndpoint[] = table
  .trim()
  .split('\n')
  .flatMap((line) => {
    const words = line.split(' ');
    const path = words.pop()!;
    return words.map((method) => ({ method, path }));
  });
