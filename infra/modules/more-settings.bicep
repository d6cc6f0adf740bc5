metadata description = 'Settings of the app that the code has defaults for. docs/CONFIGURATION.md has their meaning and forms.'

@export()
@description('Settings that are not to keep the code\'s defaults, each as a string. The code checks them when the app starts.')
@sealed()
type MoreSettings = {
  AGENT_CAPACITY_UNITS: string?
  AGENT_DISCONNECT_GRACE: string?
  CONVERSATION_CAPACITY_UNITS: string?
  CUSTOMER_TICKET_LIFETIME: string?
  NEGOTIATE_RATE_LIMIT: string?
  OFFER_TIMEOUT: string?
  OPEN_AUTO_CLOSE: string?
  OPEN_AUTO_CLOSE_WHILE_CONNECTED: string?
  OTEL_EXPORTER_OTLP_ENDPOINT: string?
  OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: string?
  OTEL_METRIC_EXPORT_INTERVAL: string?
  OTEL_METRICS_EXPORTER: string?
  OTEL_SERVICE_NAME: string?
  OTEL_TRACES_EXPORTER: string?
  OTEL_TRACES_SAMPLER_ARG: string?
  READ_AFTER_END: string?
  RECONCILE_COMPARE_EVERY: string?
  RECONCILE_OVERDUE_AFTER: string?
  RECONCILE_SCHEDULE: string?
  RECONNECT_ENABLED: string?
  RECONNECT_PORTAL_URL: string?
  RECONNECT_REDIRECT_URL: string?
  RECONNECT_TIME_LIMIT: string?
  RETENTION: string?
  SITE: string?
  SOCKETS_PER_ADDRESS: string?
  TICKET_RATE_LIMIT: string?
  TRUSTED_PROXIES: string?
  WAITING_AUTO_CLOSE: string?
  OUTAGE_ALLOWANCE: string?
  LOSS_NEWS_AFTER: string?
  CONNECTIONS_PER_CONVERSATION: string?
  WAIT_EXTENSION_MAX: string?
  WEB_PUBSUB_OTHER_HOSTS: string?
  WRAP_UP_AUTO_CLOSE: string?
  WRAP_UP_CAPACITY: string?
}
