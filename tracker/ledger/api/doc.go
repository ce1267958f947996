// Package api is the API under /api/v1/: reports, conversions and their
// moderation, the server-postback log, clicks and deliveries.
//
// One table of routes holds all paths, parameters and answers; it drives parsing,
// refusing and the OpenAPI document alike. A request passes these steps:
//
//   - parse reads the parameters of its route. An unknown or doubled one is refused, so that
//     a misspelt filter never selects everything.
//   - The scope is made of the caller and the parameters network and partner. A caller for
//     one partner has to name that partner, and package query leaves out the rest.
//   - The route's function answers, or returns an error. One place turns errors into problem
//     answers; any other than the known ones is internal_error, with details in the log.
//
// Lists are paged by a cursor, the id of the last item: ids sort by time, so a page costs
// the same anywhere in the list, and new items never shift the pages after it.
//
// Package query reads the tables, delivery/queue retries; tracker/admin asks for the bearer
// token and names the caller.
package api
