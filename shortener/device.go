package shortener

import (
	"hash/maphash"
	"strings"
	"sync/atomic"

	"github.com/mileusna/useragent"
)

// The devices and classes of devices that rules are for.
const (
	deviceIPhone  = "iphone"
	deviceIPad    = "ipad"
	deviceAndroid = "android"
	deviceWindows = "windows"
	deviceMacOS   = "macos"
	deviceLinux   = "linux"

	classMobile  = "mobile"
	classTablet  = "tablet"
	classDesktop = "desktop"
)

// deviceOf returns the device or class that a rule names.
func deviceOf(s string) (string, bool) {
	s = strings.ToLower(strings.Join(strings.Fields(s), " "))
	switch s {
	case deviceIPhone, deviceIPad, deviceAndroid, deviceWindows, deviceMacOS, deviceLinux,
		classMobile, classTablet, classDesktop:
		return s, true
	case "mac", "mac os", "mac os x", "macosx", "os x", "osx":
		return deviceMacOS, true
	case "phone", "smartphone":
		return classMobile, true
	}
	return "", false
}

// device is what a User-Agent tells; either part may be unknown.
type device struct {
	name, class string
}

func (d device) is(value string) bool { return d.name == value || d.class == value }

// maxUserAgent is how much of a User-Agent is looked at, in bytes. Browsers send a
// few hundred, those inside of apps up to a thousand.
const maxUserAgent = 1024

// devices remembers what User-Agents tell: reading one takes as long as the rest
// of a redirect, and most visitors share a few. Each has one place, which the
// latest takes, so that strangers cannot make it grow.
var devices = struct {
	seed   maphash.Seed
	places [512]atomic.Pointer[knownDevice]
}{seed: maphash.MakeSeed()}

type knownDevice struct {
	userAgent string
	device    device
}

// identify is readDevice with a memory.
func identify(userAgent string) device {
	userAgent = userAgent[:min(len(userAgent), maxUserAgent)]
	place := &devices.places[maphash.String(devices.seed, userAgent)%uint64(len(devices.places))]
	if k := place.Load(); k != nil && k.userAgent == userAgent {
		return k.device
	}
	// The text may be a piece of a request, which must not be kept for it.
	k := &knownDevice{userAgent: strings.Clone(userAgent), device: readDevice(userAgent)}
	place.Store(k)
	return k.device
}

// readDevice reads a User-Agent. Two things cannot be told from it: an iPad with
// iPadOS 13 or later says that it is a Mac, and so does an Android tablet that
// asks for desktop pages say that it is Linux.
func readDevice(userAgent string) device {
	switch {
	case strings.Contains(userAgent, "Windows Phone"):
		// Before the rest, because these also say Android and iPhone.
		return device{class: classMobile}
	case strings.Contains(userAgent, "iPod"):
		// The library does not know them.
		return device{deviceIPhone, classMobile}
	}
	ua := useragent.Parse(userAgent)
	switch ua.OS {
	case useragent.Android:
		return device{deviceAndroid, androidClass(userAgent)}
	case useragent.IOS:
		if ua.Device == "iPad" {
			return device{deviceIPad, classTablet}
		}
		return device{deviceIPhone, classMobile}
	case useragent.Windows:
		return device{deviceWindows, classDesktop}
	case useragent.MacOS:
		return device{deviceMacOS, classDesktop}
	case useragent.Linux:
		if ua.Mobile {
			return device{deviceLinux, classMobile}
		}
		return device{deviceLinux, classDesktop}
	}
	switch {
	case ua.Tablet:
		return device{class: classTablet}
	case ua.Mobile:
		return device{class: classMobile}
	case ua.Desktop:
		return device{class: classDesktop}
	}
	return device{}
}

// androidClass tells telephones, which say "Mobile", from tablets, which do
// not, and both from television sets.
func androidClass(userAgent string) string {
	switch {
	case strings.Contains(userAgent, "TV"):
		return ""
	case strings.Contains(userAgent, "Tablet"), !strings.Contains(userAgent, "Mobile"):
		return classTablet
	}
	return classMobile
}

// opensApps reports whether the visitor has a telephone or tablet that apps can
// be opened on.
func opensApps(userAgent string) bool {
	return platformOf(userAgent) != ""
}

// platformOf returns deviceAndroid or deviceIPhone, which stands for all of
// Apple's, and empty for everything else.
func platformOf(userAgent string) string {
	if !strings.Contains(userAgent, "Android") && !strings.Contains(userAgent, "iP") {
		return ""
	}
	switch d := identify(userAgent); {
	case d.name == deviceIPhone, d.name == deviceIPad:
		return deviceIPhone
	case d.name == deviceAndroid && d.class != "":
		return deviceAndroid
	}
	return ""
}
