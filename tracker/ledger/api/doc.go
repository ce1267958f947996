// Package api is the API under /api/v1/: reports, conversions and their
// moderation, the server-postback log, clicks and deliveries.
//
// One table of routes holds all paths, parameters and answers; it drives parsing, refusing and the OpenAPI document alike. Package query
// reads the tables, delivery/queue retries; tracker/admin asks for the bearer
// token and names the caller.
package api
