-- What was handed in by a login: a person's usage is that of their credentials.
CREATE INDEX messages_by_credential ON messages (tenant, credential, id) WHERE credential IS NOT NULL;
