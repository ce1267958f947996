// Package console is the pages on the admin port: the numbers, conversions with
// moderation, the server-postback log and deliveries with retries.
//
// They are rendered here, work without scripts and load nothing from elsewhere;
// nothing that came from outside reaches a page unescaped. Package query
// reads the tables, moderation and delivery/queue change them; the token
// that signs in is the API's, checked by tracker/admin's authorizer.
package console
