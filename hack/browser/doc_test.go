// Package browser tries conversion pixels in a real browser: Chromium, headless,
// clicks a tracking link on one site, lands in a shop on another one and is shown
// the shop's thank-you page with its pixels. Tracker and ledger are a running
// "waypost serve" behind a proxy that ends TLS.
//
// What browsers make of third-party cookies is theirs to change: docs/pixels.md
// says what these tests saw.
package browser
