package qr

import (
	"strings"

	"github.com/linkquay/linkquay/api"
)

var wifiFields = []field{
	{name: "ssid", also: []string{"network", "name"}, raw: true},
	{name: "password", also: []string{"pass", "pwd", "key"}, raw: true},
	{name: "encryption", also: []string{"type", "security", "auth"}},
	{name: "hidden"},
}

// maxSSID is the length of a network's name in bytes (IEEE 802.11).
const maxSSID = 32

// encryptions has what clients write for what readers know. WPA2 and WPA3
// networks are "WPA": readers take whichever the network offers.
var encryptions = map[string]string{
	"wpa": "WPA", "wpa2": "WPA", "wpa3": "WPA", "wpa/wpa2": "WPA", "wpa2/wpa3": "WPA", "wpa-psk": "WPA", "wpa2-psk": "WPA",
	"sae": "SAE", "wep": "WEP",
	"nopass": "nopass", "none": "nopass", "open": "nopass", "false": "nopass", "0": "nopass",
}

func wifiText(s string) (string, error) {
	s = strings.TrimSpace(s)
	if rest, ok := cutPrefixFold(s, "WIFI:"); ok && strings.Contains(";"+rest, ";S:") && strings.HasSuffix(s, ";") {
		return "WIFI:" + rest, nil
	}
	return "", api.InvalidField("data", "must be an object with ssid, password, encryption and hidden")
}

func wifi(p *parts) (string, error) {
	ssid, err := p.required("ssid")
	if err != nil {
		return "", err
	}
	if len(ssid) > maxSSID {
		return "", api.InvalidField(p.path("ssid"), "must be at most 32 bytes")
	}
	for _, name := range []string{"ssid", "password"} {
		if strings.ContainsAny(p.values[name], "\r\n\t") {
			return "", api.InvalidField(p.path(name), "must be one line")
		}
	}
	password := p.values["password"]
	kind, err := encryption(p)
	switch {
	case err != nil:
		return "", err
	case kind == "nopass" && password != "":
		return "", api.InvalidField(p.path("password"), "must be empty for a network without encryption")
	case kind != "nopass" && password == "":
		return "", api.InvalidField("data.password", "is required for an encrypted network")
	}
	var b strings.Builder
	b.WriteString("WIFI:T:" + kind + ";S:" + wifiEscape(ssid) + ";")
	if password != "" {
		b.WriteString("P:" + wifiEscape(password) + ";")
	}
	hidden, err := p.flag("hidden")
	if err != nil {
		return "", err
	}
	if hidden {
		b.WriteString("H:true;")
	}
	b.WriteString(";")
	return b.String(), nil
}

// encryption returns the T of a code; without one, a password tells.
func encryption(p *parts) (string, error) {
	sent := p.values["encryption"]
	switch {
	case sent != "":
		if known, ok := encryptions[strings.ToLower(strings.ReplaceAll(sent, " ", ""))]; ok {
			return known, nil
		}
		return "", api.InvalidField(p.path("encryption"), "must be wpa, wep or none")
	case p.values["password"] != "":
		return "WPA", nil
	}
	return "nopass", nil
}

// flag reads a part that is true or false, in the spellings of JSON, PHP and
// HTML forms; not given is false.
func (p *parts) flag(name string) (bool, error) {
	switch strings.ToLower(p.values[name]) {
	case "true", "1", "yes", "on":
		return true, nil
	case "", "false", "0", "no", "off":
		return false, nil
	}
	return false, api.InvalidField(p.path(name), "must be true or false")
}

func wifiEscape(s string) string {
	return strings.NewReplacer(`\`, `\\`, `;`, `\;`, `,`, `\,`, `:`, `\:`, `"`, `\"`).Replace(s)
}
