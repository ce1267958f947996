package journal

// definitions are the Contexts and Terms of the batches before. Each batch defines all
// of its own, and most are those of the last one: decoding them again would take as long
// as decoding the entries, and whoever reads the entries can know them by pointer.
type definitions struct {
	contexts memo[Context]
	terms    memo[Terms]
}

// memoBytes bounds what a memo knows, as bytes of the journal; in memory it is a few
// times that. 2 MiB are 15,000 contexts.
const memoBytes = 2 << 20

// memo decodes what it has not decoded lately. What it returns is shared and must not
// be changed.
type memo[T any] struct {
	known map[string]*T
	bytes int
}

func (m *memo[T]) decode(body []byte) (*T, error) {
	if v, ok := m.known[string(body)]; ok {
		return v, nil
	}
	v := new(T)
	if err := decMode.Unmarshal(body, v); err != nil {
		return v, err
	}
	if m.bytes += len(body); m.known == nil || m.bytes > memoBytes {
		m.known, m.bytes = make(map[string]*T), len(body)
	}
	m.known[string(body)] = v
	return v, nil
}
