package visitor

import (
	"strings"
	"unsafe"

	"github.com/cespare/xxhash/v2"
	"github.com/mileusna/useragent"

	"github.com/waypost/waypost/tracker/server/memo"
)

// Device is what a User-Agent reveals of the visitor. Kind is desktop, mobile,
// tablet, bot or "", OS the operating system's name or "".
type Device struct{ Kind, OS string }

// remembered is how many User-Agents are kept; at 512 bytes each they take 4 MiB.
const remembered = 8192

// MaxUserAgent is how much of a User-Agent is looked at, in bytes.
const MaxUserAgent = 512

// Devices reads User-Agents. Parsing one takes microseconds and dozens of
// allocations, and few different ones make up most traffic, so results are
// remembered. Safe for concurrent use.
type Devices struct{ known *memo.Table[string, Device] }

// NewDevices returns an empty memory.
func NewDevices() *Devices { return &Devices{known: memo.New[string, Device](remembered)} }

// Of returns the device of a User-Agent. It does not keep ua.
func (d *Devices) Of(ua []byte) Device {
	if len(ua) == 0 {
		return Device{}
	}
	if len(ua) > MaxUserAgent {
		ua = ua[:MaxUserAgent]
	}
	hash, key := xxhash.Sum64(ua), unsafe.String(&ua[0], len(ua))
	if device := d.known.Get(hash, &key); device != nil {
		return *device
	}
	text := string(ua)
	return *d.known.Put(hash, text, parse(text))
}

// parse asks the library. A panic in it, whatever a visitor sent, costs the
// device and not the click.
func parse(text string) (device Device) {
	defer func() {
		if recover() != nil {
			device = Device{}
		}
	}()
	ua := useragent.Parse(text)
	return Device{Kind: kind(ua), OS: ua.OS}
}

// kind is the kind of device, "" for what the library does not recognise.
func kind(ua useragent.UserAgent) string {
	switch {
	case ua.Bot:
		return "bot"
	case ua.Tablet, ua.OS == useragent.Android && !strings.Contains(ua.String, "Mobile"):
		// Android has Mobile on phones and nothing on tablets; the library takes
		// both for phones.
		return "tablet"
	case ua.Mobile:
		return "mobile"
	case ua.Desktop:
		return "desktop"
	}
	return ""
}
