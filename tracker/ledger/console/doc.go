// Package console is the pages on the admin port: the numbers, conversions with
// moderation, the server-postback log and deliveries with retries.
//
// A request passes the handler of cross-origin protection, then signedIn: the token of the
// cookie is authorized for the page's subresource and the scope of the session, as if it
// were a request of the API. A page is rendered as a whole before its first byte is sent.
//
// Decisions take two steps. The first form names ticked conversions, and is answered with
// what the decision would change and its money. The second carries each id under the status
// that was shown; a conversion whose status has changed meanwhile is refused.
//
// Pages are rendered here, work without scripts and load nothing from elsewhere;
// nothing that came from outside reaches a page unescaped. Package query
// reads the tables, moderation and delivery/queue change them; the token
// that signs in is the API's, checked by tracker/admin's authorizer.
package console
