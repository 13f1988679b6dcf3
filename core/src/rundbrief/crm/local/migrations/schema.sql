CREATE TABLE campaigns (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	name VARCHAR NOT NULL, 
	UNIQUE (name)
)

CREATE TABLE contacts (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	kind VARCHAR NOT NULL, 
	party VARCHAR NOT NULL, 
	email VARCHAR, 
	address VARCHAR, 
	customer_number VARCHAR, 
	namesake VARCHAR, 
	fields VARCHAR NOT NULL, 
	changed_at VARCHAR(32) NOT NULL
)

CREATE INDEX contacts_address ON contacts (address)

CREATE INDEX contacts_customer_number ON contacts (customer_number)

CREATE INDEX contacts_namesake ON contacts (namesake)

CREATE TABLE custom_fields (
	"key" VARCHAR NOT NULL, 
	label VARCHAR NOT NULL, 
	type VARCHAR NOT NULL, 
	PRIMARY KEY ("key")
)

CREATE TABLE opt_in_fields (
	"key" VARCHAR NOT NULL, 
	label VARCHAR NOT NULL, 
	PRIMARY KEY ("key")
)

CREATE TABLE opt_ins (
	contact_id INTEGER NOT NULL, 
	"key" VARCHAR NOT NULL, 
	value VARCHAR NOT NULL, 
	since VARCHAR(32), 
	source VARCHAR NOT NULL, 
	PRIMARY KEY (contact_id, "key"), 
	FOREIGN KEY(contact_id) REFERENCES contacts (id) ON DELETE CASCADE
)

CREATE TABLE participants (
	campaign_id INTEGER NOT NULL, 
	contact_id INTEGER NOT NULL, 
	PRIMARY KEY (campaign_id, contact_id), 
	FOREIGN KEY(campaign_id) REFERENCES campaigns (id) ON DELETE CASCADE, 
	FOREIGN KEY(contact_id) REFERENCES contacts (id) ON DELETE CASCADE
)

CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
)

INSERT INTO alembic_version VALUES ('0001')
