package main

import (
	"encoding/json"
	"testing"
)

func TestUpstream_Answer(t *testing.T) {
	u := new(upstream)
	for _, test := range []struct{ first, body, status, reply string }{
		{"GET " + capturedPath + " HTTP/1.1", "", "404 Not Found", ""},
		{"POST " + gempixelPath + " HTTP/1.1", "{}", "200 OK", gempixelReply},
		{"POST " + dglnkPath + "?api_token=k HTTP/1.1", "{1}", "200 OK", dglnkReply},
		{"POST " + dglnkPath + " HTTP/1.1", "{2}", "200 OK", dglnkReply},
		{"GET " + capturedPath + " HTTP/1.1", "", "200 OK", "{1}"},
		{"GET " + gempixelPath + " HTTP/1.1", "", "404 Not Found", ""},
		{"POST " + gempixelPath + " HTTP/1.1", "", "404 Not Found", ""},
		{"POST /elsewhere HTTP/1.1", "{}", "404 Not Found", ""},
	} {
		status, reply := u.answer([]byte(test.first), []byte(test.body))
		if status != test.status || test.reply != "" && string(reply) != test.reply {
			t.Errorf("%s with %q = %s %s; want %s %s", test.first, test.body, status, reply, test.status, test.reply)
		}
	}
}

func TestBodies(t *testing.T) {
	for name, body := range map[string]string{
		"create": createBody(), "dglnk": dglnkBody(), "gempixelReply": gempixelReply, "dglnkReply": dglnkReply,
	} {
		if !json.Valid([]byte(body)) {
			t.Errorf("%s is not JSON: %s", name, body)
		}
	}
}

func TestChoose(t *testing.T) {
	all := scenarios(10)
	if same, err := choose(all, ""); err != nil || len(same) != len(all) {
		t.Errorf("choose() without names = %d scenarios, %v", len(same), err)
	}
	if some, err := choose(all, "redirect,gempixel"); err != nil || len(some) != 2 || some[0].name != "redirect" {
		t.Errorf("choose(redirect,gempixel) = %v, %v", some, err)
	}
	if _, err := choose(all, "redirects"); err == nil {
		t.Error("choose(redirects) is no error")
	}
}
