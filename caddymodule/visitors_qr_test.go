package caddymodule_test

import (
	"encoding/xml"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
	"github.com/tidwall/gjson"
)

// scan reads a picture as a telephone would.
func scan(t *testing.T, img image.Image) string {
	t.Helper()
	bitmap, err := gozxing.NewBinaryBitmapFromImage(img)
	if err != nil {
		t.Fatal(err)
	}
	result, err := qrcode.NewQRCodeReader().Decode(bitmap, map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_TRY_HARDER: true})
	if err != nil {
		t.Fatalf("the code cannot be read: %v", err)
	}
	return result.GetText()
}

var rectangles = regexp.MustCompile(`[Mm]\s*(-?[\d.]+)[ ,](-?[\d.]+)\s*h\s*([\d.]+)\s*v\s*(1)\s*h\s*-[\d.]+\s*z`)

// drawSVG draws the dark modules of an SVG that is made of rows, each module
// eight pixels wide.
func drawSVG(t *testing.T, doc string) image.Image {
	t.Helper()
	box := regexp.MustCompile(`viewBox="0 0 (\d+) (\d+)"`).FindStringSubmatch(doc)
	if box == nil {
		t.Fatalf("no viewBox in %.400s", doc)
	}
	const module = 8
	side, _ := strconv.Atoi(box[1])
	img := image.NewGray(image.Rect(0, 0, side*module, side*module))
	for i := range img.Pix {
		img.Pix[i] = 255
	}
	rows := rectangles.FindAllStringSubmatch(doc, -1)
	if len(rows) < 20 {
		t.Fatalf("%d rows of modules in %.600s", len(rows), doc)
	}
	for _, m := range rows {
		x, _ := strconv.ParseFloat(m[1], 64)
		y, _ := strconv.ParseFloat(m[2], 64)
		w, _ := strconv.ParseFloat(m[3], 64)
		for py := int(y * module); py < int((y+1)*module); py++ {
			for px := int(x * module); px < int((x+w)*module); px++ {
				img.SetGray(px, py, color.Gray{})
			}
		}
	}
	return img
}

// TestVisitor_QRCode makes each type of code and reads its pictures.
func TestVisitor_QRCode(t *testing.T) {
	s := nativeSite(t, "rate_limit off")
	for name, c := range map[string]struct{ data, holds string }{
		"text":  {`"Hello, Öre 안녕"`, "Hello, Öre 안녕"},
		"email": {`{"email":"a@example.com","subject":"Hi & more","body":"x"}`, "mailto:a@example.com?"},
		"phone": {`"+15551234567"`, "tel:+15551234567"},
		"sms":   {`{"phone":"+15551234567","message":"Hi; there"}`, "+15551234567"},
		"wifi":  {`{"ssid":"Ho;me","password":"pass,word","encryption":"wpa"}`, `WIFI:`},
		"vcard": {`{"fname":"Ann","lname":"Lee","email":"ann@example.com","phone":"+15551234567"}`, "BEGIN:VCARD"},
		"link":  {`"https://example.com/printed"`, s.base + "/"},
	} {
		a := s.do("POST", "/api/qr/add", nativeKey, fmt.Sprintf(`{"type":%q,"data":%s,"foreground":"rgb(120,0,0)","background":"#ffffee"}`, name, c.data))
		if a.Status != 200 {
			t.Errorf("%s: %d %s", name, a.Status, a.Body)
			continue
		}
		path := strings.TrimPrefix(a.get("link").String(), s.base)
		for _, suffix := range []string{"", ".png", "?size=200"} {
			picture := s.visit(path + suffix)
			if picture.Status != 200 || picture.Header.Get("Content-Type") != "image/png" {
				t.Errorf("%s%s: %d %s", name, suffix, picture.Status, picture.Header.Get("Content-Type"))
				continue
			}
			img, err := png.Decode(strings.NewReader(picture.Body))
			if err != nil {
				t.Fatal(err)
			}
			if text := scan(t, img); !strings.HasPrefix(text, c.holds) && !strings.Contains(text, c.holds) {
				t.Errorf("%s%s holds %q; want %q", name, suffix, text, c.holds)
			}
		}
		vector := s.visit(path + ".svg")
		if vector.Status != 200 || vector.Header.Get("Content-Type") != "image/svg+xml" {
			t.Errorf("%s.svg: %d %s", name, vector.Status, vector.Header.Get("Content-Type"))
			continue
		}
		for d := xml.NewDecoder(strings.NewReader(vector.Body)); ; {
			if _, err := d.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%s.svg is no XML: %v", name, err)
			}
		}
		if text := scan(t, drawSVG(t, vector.Body)); !strings.Contains(text, c.holds) {
			t.Errorf("%s.svg holds %q; want %q", name, text, c.holds)
		}
	}
	for _, path := range []string{"/qr/nothing", "/qr/", "/qr/x.gif", "/qr/../api"} {
		if a := s.visit(path); a.Status != 404 {
			t.Errorf("%s: %d; want 404", path, a.Status)
		}
	}
}

// TestVisitor_Scan: a printed code stays while its destination changes, and
// visits of it are scans.
func TestVisitor_Scan(t *testing.T) {
	eachDatabase(t, siteConfig("rate_limit off"), func(t *testing.T, s *site) {
		made := s.do("POST", "/api/qr/add", nativeKey, `{"type":"link","data":"https://example.com/one"}`)
		id := made.get("id").Int()
		picture := s.visit(strings.TrimPrefix(made.get("link").String(), s.base))
		img, err := png.Decode(strings.NewReader(picture.Body))
		if err != nil {
			t.Fatal(err)
		}
		printed := strings.TrimPrefix(scan(t, img), s.base)
		leadsTo(t, "the code", s.visit(printed, "User-Agent", iphone), 302, "https://example.com/one")
		if a := s.do("PUT", fmt.Sprintf("/api/qr/%d/update", id), nativeKey, `{"data":"https://example.com/two"}`); a.Status != 200 {
			t.Fatalf("%d %s", a.Status, a.Body)
		}
		leadsTo(t, "the same code", s.visit(printed, "User-Agent", android), 302, "https://example.com/two")
		s.do("HEAD", printed, "", "")
		s.visit(printed, "User-Agent", crawler)
		var read gjson.Result
		eventually(t, "two scans", func() bool {
			read = gjson.Parse(s.do("GET", fmt.Sprintf("/api/qr/%d", id), nativeKey, "").Body)
			return read.Get("details.scans").Int() == 2
		})
		if read.Get("data.clicks").Int() != 2 || read.Get("data.uniqueClicks").Int() != 2 {
			t.Errorf("statistics of two scans: %s", read.Get("data"))
		}
		if a := s.do("DELETE", fmt.Sprintf("/api/qr/%d/delete", id), nativeKey, ""); a.Status != 200 {
			t.Fatalf("%d %s", a.Status, a.Body)
		}
		if a := s.visit(printed); a.Status != 404 {
			t.Errorf("a code that was deleted: %d; want 404", a.Status)
		}
	})
}

func TestVisitor_Campaign(t *testing.T) {
	eachDatabase(t, siteConfig("rate_limit off"), func(t *testing.T, s *site) {
		made := s.do("POST", "/api/campaign/add", nativeKey, `{"name":"Spring <sale>","slug":"spring","public":true}`)
		rotator, list := strings.TrimPrefix(made.get("rotator").String(), s.base), strings.TrimPrefix(made.get("list").String(), s.base)
		if a := s.visit(rotator); a.Status != 404 {
			t.Errorf("a rotator without links: %d; want 404", a.Status)
		}
		shows(t, "an empty list", s.visit(list), 200, "Spring &lt;sale&gt;")
		var ids []int64
		for _, alias := range []string{"one", "two", "hidden"} {
			status := "public"
			if alias == "hidden" {
				status = "private"
			}
			id, _ := s.create(nativeKey, fmt.Sprintf(`{"url":"https://example.com/%s","custom":%q,"campaign":1,"status":%q,"metatitle":"Title %s"}`, alias, alias, status, alias))
			ids = append(ids, id)
		}
		s.create(nativeKey, `{"url":"https://example.com/used","custom":"used-up","campaign":1,"clicklimit":1}`)
		s.visit("/used-up")
		hits := map[string]int{}
		eventually(t, "every link is rotated to", func() bool {
			a := s.visit(rotator)
			hits[a.Header.Get("Location")]++
			return hits["https://example.com/one"] > 0 && hits["https://example.com/two"] > 0 && hits["https://example.com/hidden"] > 0
		})
		if hits["https://example.com/used"] > 0 {
			t.Errorf("the rotator leads to a link whose visits are used up: %v", hits)
		}
		eventually(t, "visits counted at the links", func() bool { return s.clicksOf(ids[0]) == int64(hits["https://example.com/one"]) })
		page := s.visit(list)
		shows(t, "the list", page, 200, "Title one", "Title two", s.base+"/one")
		if strings.Contains(page.Body, "Title hidden") {
			t.Error("the list shows a private link")
		}
		for _, path := range []string{"/u/other/spring-1", "/u/main/spring-2", "/u/main/winter-1", "/u/main/", "/r/winter", "/r/"} {
			if a := s.visit(path); a.Status != 404 {
				t.Errorf("%s: %d; want 404", path, a.Status)
			}
		}
		if a := s.do("PUT", "/api/campaign/1/update", nativeKey, `{"public":false}`); a.Status != 200 {
			t.Fatalf("%d %s", a.Status, a.Body)
		}
		for _, path := range []string{rotator, list} {
			if a := s.visit(path); a.Status != 404 {
				t.Errorf("%s of a campaign that is not public: %d; want 404", path, a.Status)
			}
		}
	})
}
