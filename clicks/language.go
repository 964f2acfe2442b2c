package clicks

import "golang.org/x/text/language"

// preferredLanguage returns the code of the language that an Accept-Language
// header prefers (RFC 9110, section 12.5.4), without script and region: "ko" of
// "ko-KR,en;q=0.5". It is empty where there is none.
func preferredLanguage(header string) string {
	if header == "" {
		return ""
	}
	tags, weights, err := language.ParseAcceptLanguage(header)
	if err != nil {
		// A header that was cut, or is odd at its end, still begins well.
		for i := len(header) - 1; i > 0 && err != nil; i-- {
			if header[i] == ',' {
				tags, weights, err = language.ParseAcceptLanguage(header[:i])
			}
		}
	}
	if err != nil {
		return ""
	}
	for i, tag := range tags {
		if base, confidence := tag.Base(); weights[i] > 0 && confidence != language.No && base.String() != "und" && tag != language.Und {
			if tag.String() != "mul" {
				return base.String()
			}
		}
	}
	return ""
}
