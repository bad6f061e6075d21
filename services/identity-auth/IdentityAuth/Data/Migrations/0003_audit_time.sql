-- Old audit records are swept by their time.
CREATE INDEX audit_log_time ON audit_log (occurred_at);
