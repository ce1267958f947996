-- What an identical postback is known by, SQLite. See SCHEMA.md.

-- +goose Up
ALTER TABLE conversions ADD COLUMN repeat_key BLOB;
