// Package server is the public port: clicks, impressions, postbacks and conversion
// pixels, in the native, Affise, TUNE and CAKE dialects.
//
// It answers from tracker/live's index alone, makes ids with tracker/clickid and writes what
// happened to tracker/journal; the ledger judges what depends on earlier events. A dialect
// is a row of the table in routes.go, never a handler.
//
// # Reading order
//
//   - server.go, options.go: what a server is made of, and where a request enters
//   - routes.go, request.go: from the path to an admitted request; cookie.go
//   - visit.go: clicks and impressions; decision.go: what the configuration has for them;
//     macros.go, deeplink.go: the URL of a redirect
//   - postback.go: postbacks and pixels; check.go, attribution.go: the checks; terms.go:
//     what the ledger gets to judge by; answer.go
//   - recheck.go: the same checks for replay and explain
//   - reason.go, pages.go, refuse.go, metrics.go, text.go: codes and fixed answers
//
// # Life of a click
//
//  1. serve takes a visit with its request from the pool. admitted turns away what comes
//     too often, is too long or ambiguous, then finds the route by path, scans the query
//     with the names of the route, and takes the current index. From here on the request
//     is decided by this index alone.
//  2. findOfferAndPartner looks the decision up by network and tracking ids. A decision has
//     everything that the configuration contributes: why nothing is served, the
//     destination with its own macros expanded, the context for the journal. It is made
//     once, and outlives the swaps of the index that do not touch its parties.
//  3. Caps that the ledger has closed are looked up. The first reason that holds
//     (docs/rules.md, "Clicks and impressions") sends the visitor to the fallback.
//  4. The impression before the click is found in a parameter or a cookie. The minter
//     makes the click id, and the destination, or a deep link to an allowed host, is
//     written with its macros.
//  5. Redirect and cookie are set, and the journal encodes the click into the batch that
//     fills. The answer leaves at once, before the batch is durable; while the journal is
//     away, batches wait in memory and in the spool.
//
// An impression goes the same way. Its answer is always the image.
//
// # Life of a postback
//
//  1. Up to the route a postback is as a click. Form, JSON and multipart bodies add
//     parameters to those of the query, and headers may add a key.
//  2. A postbackCheck is made with the journal.Postback that is to be written, and fill
//     copies the parameters into it. Keys are held apart and never written.
//  3. The checks run in the order of docs/rules.md until one fails. On their way they find
//     what the postback is about: ids, offer and partner, goal. A refused postback is
//     written too, with as much as is known of it.
//  4. terms adds the configuration that the ledger needs. The journal writes terms that
//     postbacks share once in a batch; they are remembered until the next edge of an
//     override's window.
//  5. Journal.Postback waits until the batch is durable, at most 5 s, and then a moment for
//     the ledger's verdict. Known verdicts are answered in the dialect of the route, others
//     as queued. Only 503, 413, 414, 429 and 431 mean that nothing is on disk.
//
// A pixel differs in its answer, in its keys (it has none), and in the click, which may
// come from the cookie that step 5 of the click has set.
//
// # The event loop
//
// tracker/port answers plain requests of the routes that are inline in its event loop: one
// goroutine for many connections, so nothing on their way may wait. Clicks and
// impressions take locks for moments only. Postbacks and pixels never run there, because
// they wait for the disk: fasthttp gives each a goroutine of its own. So do requests that
// are not plain, with the same handler.
//
// # Costs
//
// A click allocates nothing, once its decision is made (TestClicksAndImpressionsDoNotAllocate).
// It hashes the names of offer and partner, compares one decision, computes one SipHash for
// the id and one for each id in a cookie, and copies itself once, into the batch. A
// postback costs about 40 allocations, because its entry outlives the request, and a share
// of the batch's wait. Up to 32,768 decisions, 1,024 deep links and 4,096 terms are
// remembered.
//
// # Invariants
//
//   - One request is decided by one index, and at one time.
//   - A decision never changes, but for the index that it is known to follow from.
//   - What outlives a request is copied out of it. Clicks and impressions are encoded
//     before the journal returns; of a postback nothing points into the request.
//   - The journal names the configuration that the answer came from.
//   - Pages, metrics and log lines have nothing of a request in them.
//   - A panic costs the request that caused it, and its visit is not used again.
package server
