package journal

import "github.com/waypost/waypost/api/snapshot"

// Clicks, impressions and contexts are written by hand: reflection would cost
// more than the rest of a click, and would allocate. What is written is what the
// struct tags say; a test fills every field and decodes with the library, so a
// field added to the structs and not here is found.

// appendTraffic appends the pairs of t and counts them. A map of at most 23 pairs
// has a head of one byte, which the caller leaves free and fills in afterwards.
func appendTraffic(dst []byte, pairs *byte, t *Traffic) []byte {
	*pairs += 3
	dst = appendText(append(dst, 1), t.ID)
	dst = appendInt(append(dst, 2), t.At)
	dst = appendSubs(append(dst, 3), &t.Subs)
	if t.SubOverflow {
		*pairs++
		dst = append(dst, 4, cborTrue)
	}
	dst = appendTextPair(dst, pairs, 5, t.Source)
	dst = appendTextPair(dst, pairs, 6, t.Ref)
	dst = appendTextPair(dst, pairs, 7, t.ImpID)
	dst = appendTextPair(dst, pairs, 8, t.IP)
	dst = appendTextPair(dst, pairs, 9, t.UserAgent)
	dst = appendTextPair(dst, pairs, 10, t.Referrer)
	dst = appendTextPair(dst, pairs, 11, t.Country)
	dst = appendTextPair(dst, pairs, 12, t.Device)
	return appendTextPair(dst, pairs, 13, t.OS)
}

// appendSubs appends the sub ids without the empty ones at the end.
func appendSubs(dst []byte, subs *[10]string) []byte {
	n := len(subs)
	for n > 0 && subs[n-1] == "" {
		n--
	}
	dst = appendHead(dst, majorArray, uint64(n))
	for i := range n {
		dst = appendText(dst, subs[i])
	}
	return dst
}

func appendClick(dst []byte, c *Click) []byte {
	head, pairs := len(dst), byte(0)
	dst = appendTraffic(append(dst, 0), &pairs, &c.Traffic)
	dst = appendTextPair(dst, &pairs, 20, c.AimpID)
	dst[head] = majorMap | pairs
	return dst
}

func appendImpression(dst []byte, i *Impression) []byte {
	head, pairs := len(dst), byte(0)
	dst = appendTraffic(append(dst, 0), &pairs, &i.Traffic)
	dst = appendTextPair(dst, &pairs, 21, i.DestinationName)
	dst = appendTextPair(dst, &pairs, 22, i.DestinationURL)
	dst[head] = majorMap | pairs
	return dst
}

// appendContext appends c as it is in the configuration config.
func appendContext(dst []byte, c *Context, config string) []byte {
	head, pairs := len(dst), byte(0)
	dst = appendTextPair(append(dst, 0), &pairs, 1, config)
	if len(c.encoded) > 0 {
		pairs += c.pairs
		dst = append(dst, c.encoded...)
	} else {
		dst = appendSetting(dst, &pairs, c)
	}
	dst[head] = majorMap | pairs
	return dst
}

// appendSetting appends the pairs of c that most configurations have in common, and
// counts them.
func appendSetting(dst []byte, pairs *byte, c *Context) []byte {
	dst = appendTextPair(dst, pairs, 2, c.Network)
	dst = appendTextPair(dst, pairs, 3, c.TimeZone)
	dst = appendTextPair(dst, pairs, 4, c.Offer)
	dst = appendTextPair(dst, pairs, 5, c.OfferID)
	dst = appendTextPair(dst, pairs, 6, c.Advertiser)
	dst = appendTextPair(dst, pairs, 7, c.Partner)
	dst = appendTextPair(dst, pairs, 8, c.PartnerID)
	dst = appendTextPair(dst, pairs, 9, c.Currency)
	dst = appendIntPair(dst, pairs, 10, int64(c.Payout))
	dst = appendIntPair(dst, pairs, 11, int64(c.Revenue))
	if len(c.Caps) == 0 {
		return dst
	}
	*pairs++
	dst = appendHead(append(dst, 12), majorArray, uint64(len(c.Caps)))
	for i := range c.Caps {
		dst = appendCap(dst, &c.Caps[i])
	}
	return dst
}

func appendCap(dst []byte, c *snapshot.Cap) []byte {
	head, pairs := len(dst), byte(0)
	dst = append(dst, 0)
	dst = appendTextPair(dst, &pairs, 1, c.Name)
	dst = appendIntPair(dst, &pairs, 2, int64(c.Metric))
	dst = appendIntPair(dst, &pairs, 3, int64(c.Window))
	dst = appendIntPair(dst, &pairs, 4, c.Limit)
	dst = appendTextPair(dst, &pairs, 5, c.Goal)
	if c.PerPartner {
		pairs++
		dst = append(dst, 6, cborTrue)
	}
	if len(c.Partners) > 0 {
		pairs++
		dst = appendHead(append(dst, 7), majorArray, uint64(len(c.Partners)))
		for _, p := range c.Partners {
			dst = appendText(dst, p)
		}
	}
	dst[head] = majorMap | pairs
	return dst
}
