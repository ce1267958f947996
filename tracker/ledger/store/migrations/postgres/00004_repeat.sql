-- What an identical postback is known by, PostgreSQL. See SCHEMA.md.

-- +goose Up
ALTER TABLE conversions ADD COLUMN repeat_key bytea;
