package verify_test

import (
	"testing"

	"github.com/linkquay/linkquay/clicks"
	"github.com/linkquay/linkquay/migrate/verify"
	"github.com/linkquay/linkquay/shortener"
)

func TestMatrix(t *testing.T) {
	all, err := verify.Matrix(nil, nil)
	if err != nil || len(all) != 4 || all[0].Name != "desktop/en" || all[3].Name != "tablet/en" {
		t.Errorf("Matrix of nothing = %+v, %v", all, err)
	}
	all, err = verify.Matrix([]string{"iPhone", " desktop", "iphone"}, []string{"ko", "pt-br"})
	if err != nil || len(all) != 4 || all[1].Name != "iphone/pt-BR" || all[1].AcceptLanguage != "pt-BR" {
		t.Errorf("Matrix = %+v, %v; want each device in each language once", all, err)
	}
	for _, c := range [][2]string{{"phone", "en"}, {"", "en"}, {"iphone", "korean!"}, {"iphone", ""}} {
		if _, err := verify.Matrix([]string{c[0]}, []string{c[1]}); err == nil {
			t.Errorf("Matrix(%q) is no error", c)
		}
	}
}

// Each device is taken for what it is, and none for a person.
func TestMatrix_Devices(t *testing.T) {
	all, err := verify.Matrix(verify.Devices, nil)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]string{"desktop": "windows", "tablet": "android"}
	for i, device := range verify.Devices {
		ua := all[i].UserAgent
		if kind := clicks.KindOf(ua); kind != clicks.Bot {
			t.Errorf("%s counts as %v; want a bot", device, kind)
		}
		name := names[device]
		if name == "" {
			name = device
		}
		for _, class := range []string{"mobile", "tablet", "desktop"} {
			want := class == map[string]string{"iphone": "mobile", "android": "mobile", "ipad": "tablet", "tablet": "tablet"}[device] ||
				class == "desktop" && (device == "desktop" || device == "macos" || device == "linux")
			if got := obeys(t, ua, class); got != want {
				t.Errorf("a rule for %s is for %s: %v; want %v", class, device, got, want)
			}
		}
		if !obeys(t, ua, name) {
			t.Errorf("a rule for %s is not for %s", name, device)
		}
	}
}

// obeys reports whether a rule for a device is one for the visitor.
func obeys(t *testing.T, userAgent, device string) bool {
	t.Helper()
	target := shortener.NewTarget(&shortener.Link{
		URL:     "https://example.com/all",
		Options: shortener.Options{Devices: []shortener.DeviceRule{{Device: device, Link: "https://example.com/ruled"}}},
	})
	d := shortener.Decide(&target, &shortener.Visitor{UserAgent: userAgent})
	return d.URL == "https://example.com/ruled"
}
