CREATE TABLE candidates (
	seq INTEGER NOT NULL, 
	run_id INTEGER NOT NULL, 
	contact_id VARCHAR NOT NULL, 
	address VARCHAR NOT NULL, 
	spelling VARCHAR NOT NULL, 
	opt_in VARCHAR NOT NULL, 
	since VARCHAR(32), 
	source VARCHAR NOT NULL, 
	changed_at VARCHAR(32), 
	selected BOOLEAN NOT NULL, 
	fields VARCHAR NOT NULL, 
	PRIMARY KEY (seq)
)

CREATE UNIQUE INDEX candidates_address ON candidates (run_id, address, contact_id)

CREATE TABLE cursors (
	connection VARCHAR NOT NULL, 
	scope VARCHAR NOT NULL, 
	cursor VARCHAR, 
	reading BOOLEAN NOT NULL, 
	full_read BOOLEAN NOT NULL, 
	full_read_at VARCHAR(32), 
	PRIMARY KEY (connection, scope)
)

CREATE TABLE inbox (
	seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	connection VARCHAR NOT NULL, 
	scope VARCHAR NOT NULL, 
	remote_id VARCHAR NOT NULL, 
	address VARCHAR NOT NULL, 
	spelling VARCHAR NOT NULL, 
	status VARCHAR NOT NULL, 
	since VARCHAR(32), 
	source VARCHAR NOT NULL, 
	fields VARCHAR NOT NULL
, on_lists VARCHAR DEFAULT '[]' NOT NULL, left_lists VARCHAR DEFAULT '[]' NOT NULL)

CREATE INDEX inbox_address ON inbox (connection, scope, address)

CREATE UNIQUE INDEX inbox_remote ON inbox (connection, scope, remote_id)

CREATE TABLE journal (
	seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	recorded_at VARCHAR(32) NOT NULL, 
	connection VARCHAR NOT NULL, 
	scope VARCHAR NOT NULL, 
	address VARCHAR NOT NULL, 
	contact_id VARCHAR, 
	place VARCHAR NOT NULL, 
	actor VARCHAR NOT NULL, 
	was VARCHAR NOT NULL, 
	became VARCHAR NOT NULL, 
	stated_at VARCHAR(32), 
	evidence VARCHAR NOT NULL, 
	run_id INTEGER NOT NULL
, other_address VARCHAR, salt BLOB, sealed BLOB DEFAULT (x'') NOT NULL, chain BLOB DEFAULT (x'') NOT NULL)

CREATE INDEX journal_address ON journal (address)

CREATE INDEX journal_contact ON journal (contact_id)

CREATE TABLE links (
	connection VARCHAR NOT NULL, 
	scope VARCHAR NOT NULL, 
	contact_id VARCHAR NOT NULL, 
	crm_address VARCHAR NOT NULL, 
	address VARCHAR NOT NULL, 
	PRIMARY KEY (connection, scope, contact_id)
)

CREATE INDEX links_address ON links (connection, scope, address)

CREATE TABLE lists (
	connection VARCHAR NOT NULL, 
	list_id VARCHAR NOT NULL, 
	name VARCHAR NOT NULL, 
	double_opt_in BOOLEAN NOT NULL, 
	size INTEGER, 
	pulled_at VARCHAR(32) NOT NULL, 
	PRIMARY KEY (connection, list_id)
)

CREATE TABLE outbox (
	seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	run_id INTEGER NOT NULL, 
	kind VARCHAR NOT NULL, 
	address VARCHAR NOT NULL, 
	spelling VARCHAR NOT NULL, 
	crm_address VARCHAR NOT NULL, 
	contact_ids JSON NOT NULL, 
	remote_id VARCHAR, 
	moved_from VARCHAR, 
	fields VARCHAR NOT NULL, 
	fingerprint VARCHAR, 
	since VARCHAR(32), 
	source VARCHAR NOT NULL, 
	reason VARCHAR NOT NULL, 
	crm_value VARCHAR, 
	crm_expected JSON NOT NULL, 
	agreed VARCHAR, 
	withdrawn BOOLEAN NOT NULL
, joins BOOLEAN DEFAULT 0 NOT NULL, sent BOOLEAN DEFAULT 0 NOT NULL)

CREATE INDEX outbox_kind ON outbox (run_id, kind, seq)

CREATE TABLE recipients (
	connection VARCHAR NOT NULL, 
	scope VARCHAR NOT NULL, 
	address VARCHAR NOT NULL, 
	spelling VARCHAR NOT NULL, 
	remote_id VARCHAR, 
	status VARCHAR NOT NULL, 
	since VARCHAR(32), 
	source VARCHAR NOT NULL, 
	agreed VARCHAR, 
	withdrawn BOOLEAN NOT NULL, on_lists VARCHAR DEFAULT '[]' NOT NULL, left_lists VARCHAR DEFAULT '[]' NOT NULL, 
	PRIMARY KEY (connection, scope, address)
)

CREATE INDEX recipients_remote ON recipients (connection, scope, remote_id)

CREATE TABLE runs (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	kind VARCHAR NOT NULL, 
	connection VARCHAR NOT NULL, 
	list_id VARCHAR, 
	started_at VARCHAR(32) NOT NULL, 
	ended_at VARCHAR(32), 
	state VARCHAR NOT NULL, 
	counts JSON NOT NULL, 
	message VARCHAR NOT NULL
, scope VARCHAR)

CREATE TABLE sent (
	connection VARCHAR NOT NULL, 
	scope VARCHAR NOT NULL, 
	address VARCHAR NOT NULL, 
	fingerprint VARCHAR NOT NULL, 
	result VARCHAR NOT NULL, 
	reason VARCHAR NOT NULL, 
	not_before VARCHAR(32), 
	PRIMARY KEY (connection, scope, address)
)

CREATE TABLE outcomes (
	seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	run_id INTEGER NOT NULL, 
	address VARCHAR NOT NULL, 
	contact_id VARCHAR, 
	result VARCHAR NOT NULL, 
	reason VARCHAR NOT NULL, 
	detail VARCHAR NOT NULL, 
	FOREIGN KEY(run_id) REFERENCES runs (id)
)

CREATE INDEX outcomes_run ON outcomes (run_id)

CREATE TRIGGER journal_is_not_cut BEFORE DELETE ON journal BEGIN SELECT RAISE(ABORT, 'the consent journal is append-only'); END

CREATE TRIGGER journal_is_not_replaced BEFORE INSERT ON journal WHEN EXISTS (SELECT 1 FROM journal WHERE seq = NEW.seq) BEGIN SELECT RAISE(ABORT, 'the consent journal is append-only'); END

CREATE TABLE intents (
	seq INTEGER NOT NULL, 
	connection VARCHAR NOT NULL, 
	address VARCHAR NOT NULL, 
	contact_id VARCHAR NOT NULL, 
	opt_in_key VARCHAR NOT NULL, 
	was VARCHAR NOT NULL, 
	became VARCHAR NOT NULL, 
	since VARCHAR(32), 
	source VARCHAR NOT NULL, 
	PRIMARY KEY (seq)
)

CREATE TABLE field_maps (
	connection VARCHAR NOT NULL, 
	list_id VARCHAR NOT NULL, 
	signature VARCHAR NOT NULL, 
	PRIMARY KEY (connection, list_id)
)

CREATE TABLE observations (
	observer VARCHAR NOT NULL, 
	connection VARCHAR NOT NULL, 
	run_id INTEGER NOT NULL, 
	entry INTEGER NOT NULL, 
	line INTEGER NOT NULL, 
	PRIMARY KEY (observer, connection)
)

CREATE INDEX journal_run ON journal (run_id)

CREATE INDEX journal_other_address ON journal (other_address)

CREATE TRIGGER journal_is_not_edited BEFORE UPDATE ON journal WHEN NOT (OLD.salt IS NOT NULL AND NEW.salt IS NULL AND NEW.address GLOB 'erased:?*' AND NEW.contact_id IS NULL AND NEW.evidence = '' AND NEW.other_address IS NULL AND NEW.seq IS OLD.seq AND NEW.recorded_at IS OLD.recorded_at AND NEW.connection IS OLD.connection AND NEW.scope IS OLD.scope AND NEW.place IS OLD.place AND NEW.actor IS OLD.actor AND NEW.was IS OLD.was AND NEW.became IS OLD.became AND NEW.stated_at IS OLD.stated_at AND NEW.run_id IS OLD.run_id AND NEW.sealed IS OLD.sealed AND NEW.chain IS OLD.chain) BEGIN SELECT RAISE(ABORT, 'the consent journal is append-only'); END

CREATE TABLE erased (
	digest BLOB NOT NULL, 
	connection VARCHAR NOT NULL, 
	scope VARCHAR NOT NULL, 
	erased_at VARCHAR(32) NOT NULL, 
	is_finished BOOLEAN NOT NULL, 
	key_id BLOB NOT NULL, 
	PRIMARY KEY (digest, connection, scope)
)

CREATE INDEX inbox_order ON inbox (connection, scope, seq)

CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
)

INSERT INTO alembic_version VALUES ('0008')
