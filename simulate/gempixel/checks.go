package gempixel

import (
	"net/url"
	"slices"
	"strings"
)

func needs(field string, message refusal) func(*call, *resource, *object) error {
	return func(_ *call, _ *resource, o *object) error {
		if text(o.fields[field]) == "" {
			return message
		}
		return nil
	}
}

func checkCampaign(c *call, res *resource, o *object) error {
	name := text(o.fields["name"])
	if name == "" {
		return refusal("Campaign name cannot be empty.")
	}
	if c.other(res, o, func(other *object) bool { return text(other.fields["name"]) == name }) {
		return refusal("You already have a campaign with that name.")
	}
	return nil
}

func checkDomain(c *call, res *resource, o *object) error {
	domain, err := url.Parse(text(o.fields["domain"]))
	if err != nil || domain.Host == "" || domain.Scheme != "http" && domain.Scheme != "https" {
		return refusal("A valid domain name is required.")
	}
	for _, other := range c.site.objects[res.base] {
		if other.id != o.id && hostOf(text(other.fields["domain"])) == strings.ToLower(domain.Host) {
			return refusal("The domain has been already used.")
		}
	}
	return nil
}

var pixelProviders = []string{
	"gtmpixel", "gapixel", "fbpixel", "adwordspixel", "linkedinpixel", "twitterpixel", "adrollpixel", "quorapixel",
	"pinterest", "bing", "snapchat", "reddit", "tiktok",
}

func checkPixel(c *call, res *resource, o *object) error {
	switch {
	case !slices.Contains(pixelProviders, text(o.fields["type"])):
		return refusal("Pixel provider is currently not supported.")
	case text(o.fields["name"]) == "" || text(o.fields["tag"]) == "":
		return refusal("Pixel name and tag cannot be empty.")
	case c.other(res, o, func(other *object) bool {
		return other.fields["type"] == o.fields["type"] && other.fields["tag"] == o.fields["tag"]
	}):
		return refusal("A pixel with this provider and tag already exists.")
	}
	return nil
}

var qrTypes = []string{"text", "vcard", "link", "email", "phone", "sms", "wifi"}

func checkQRCode(_ *call, _ *resource, o *object) error {
	if !slices.Contains(qrTypes, text(o.fields["type"])) || o.fields["data"] == nil {
		return refusal("Invalid QR format or missing data")
	}
	return nil
}
