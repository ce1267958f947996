package params

// Bounds of what a Set keeps of a request for the log.
const (
	maxKeys     = 16
	maxRaw      = 100
	maxRawName  = 128
	maxRawValue = 2048
)

// Pair is a raw parameter, decoded.
type Pair struct{ Name, Value []byte }

// Set holds the parameters of one request. Its values point into the request or
// into the set's own buffer: they are good until either is reused. The zero
// value is ready; a Set may be used again after Reset. Not safe for concurrent use.
type Set struct {
	values [count]value
	// KeepRaw makes the scanner keep every pair in Raw, keys excepted.
	KeepRaw bool
	// Raw are the pairs as they came, at most 100, without those that carry keys.
	Raw []Pair
	// Keys are the values of all key parameters, whatever their names.
	Keys [][]byte
	// Overflow reports that a value over its limit was left out.
	Overflow bool

	// open is the parameter that the pair before gave its value.
	open    Param
	decoded []byte
}

// value is what was given for a parameter.
type value struct {
	bytes []byte
	name  uint8 // which of the synonyms gave it
	given bool
	// joined is of a value that the pairs behind it were parts of.
	joined bool
}

// Get returns the value of p; nil and empty both mean that none was given.
func (s *Set) Get(p Param) []byte { return s.values[p].bytes }

// Reset empties the set and lets go of the request, keeping its buffers.
func (s *Set) Reset() {
	s.values = [count]value{}
	clear(s.Raw)
	clear(s.Keys)
	s.Raw, s.Keys, s.decoded = s.Raw[:0], s.Keys[:0], s.decoded[:0]
	s.KeepRaw, s.Overflow, s.open = false, false, None
}

// AddKey adds a key that came otherwise, such as in an Authorization header.
func (s *Set) AddKey(key []byte) {
	if key = trim(key); len(key) > 0 && len(s.Keys) < maxKeys {
		s.Keys = append(s.Keys, key)
	}
}

// put takes one decoded pair in. Of a name that is sent twice the first counts; of
// two synonyms the first that is filled in, because templates that fill in either of
// two names leave the other one empty, or print a word for nothing.
func (s *Set) put(t *Table, key, val []byte) {
	n, known := t.find(key)
	open := s.open
	s.open = None
	if n.param == Key {
		s.AddKey(val)
		return
	}
	if s.KeepRaw {
		s.keep(key, val)
	}
	if !known {
		if open != None && t.limits[open] == 0 {
			s.join(open, key, val)
		}
		return
	}
	if !t.verbatim[n.param] {
		val = trim(val)
	}
	if limit := t.limits[n.param]; limit > 0 && len(val) > limit {
		s.Overflow = true
		return
	}
	v := &s.values[n.param]
	if v.given && (v.name == n.id || len(v.bytes) > 0 && (len(val) == 0 || t.verbatim[n.param] || !IsBlank(n.param, v.bytes))) {
		return
	}
	*v = value{bytes: val, name: n.id, given: true}
	s.open = n.param
}

// Add takes a pair in that was decoded before.
func (s *Set) Add(t *Table, name, value string) { s.put(t, []byte(name), []byte(value)) }

// keep adds a pair to Raw, within its bounds. A long value is cut: it is for readers of
// the log alone.
func (s *Set) keep(key, val []byte) {
	if len(s.Raw) == maxRaw || len(key) > maxRawName {
		return
	}
	if len(val) > maxRawValue {
		val = val[:maxRawValue]
	}
	s.Raw = append(s.Raw, Pair{Name: key, Value: val})
}
