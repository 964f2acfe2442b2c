package caddymodule_test

import (
	"fmt"
	"syscall"
	"testing"
	"unsafe"
)

// limitFiles bounds how long a file of the server may get, in bytes, so that
// its writes fail like on a disk that takes no more; -1 lifts the limit.
func (p *program) limitFiles(bytes int64) {
	p.t.Helper()
	const fileSize = 1 // RLIMIT_FSIZE
	limit := syscall.Rlimit{Cur: uint64(bytes), Max: ^uint64(0)}
	pid := uintptr(p.cmd.Process.Pid)
	if _, _, errno := syscall.Syscall6(syscall.SYS_PRLIMIT64, pid, fileSize, uintptr(unsafe.Pointer(&limit)), 0, 0, 0); errno != 0 {
		p.t.Fatal(errno)
	}
}

// TestDisk_TakesNoMore: where the disk fails, writes are answered with 503 and
// redirects go on; once it takes more, everything works, and nothing that was
// answered is lost.
func TestDisk_TakesNoMore(t *testing.T) {
	p := newProgram(t, backupConfig("database sqlite data/linkquay.db"), "CONFIGURED_KEY="+nativeKey)
	p.serve()
	id, _ := p.create(nativeKey, `{"url":"https://example.com/before","custom":"before"}`)
	p.create(nativeKey, `{"url":"https://example.com/cold","custom":"cold"}`)
	p.create(nativeKey, `{"url":"https://example.com/limited","custom":"limited","clicklimit":3}`)
	p.visit("/before")

	p.limitFiles(4096)
	for i := range 20 {
		if a := p.do("POST", "/api/url/add", nativeKey, fmt.Sprintf(`{"url":"https://example.com/","custom":"during-%d"}`, i)); a.Status != 503 || a.get("error").Int() != 1 {
			t.Errorf("a create: %d %s; want 503", a.Status, a.Body)
		}
		leadsTo(t, "a redirect", p.visit("/before"), 302, "https://example.com/before")
	}
	leadsTo(t, "a link that is not in memory", p.visit("/cold"), 302, "https://example.com/cold")
	if a := p.visit("/limited"); a.Status != 503 {
		t.Errorf("a visit that must be written: %d; want 503", a.Status)
	}
	if a := p.do("POST", "/api/files/upload/big.bin", nativeKey, string(make([]byte, 10_000))); a.Status != 503 {
		t.Errorf("an upload: %d %s; want 503", a.Status, a.Body)
	}
	if a := p.do("GET", "/api/urls", nativeKey, ""); a.Status != 200 || a.get("data.result").Int() != 3 {
		t.Errorf("reads go on: %d %s", a.Status, a.Body)
	}

	p.limitFiles(-1)
	eventually(t, "creates work again", func() bool {
		return p.do("POST", "/api/url/add", nativeKey, `{"url":"https://example.com/after","custom":"after"}`).Status == 200
	})
	for i := range 20 {
		if a := p.visit(fmt.Sprint("/during-", i)); a.Status != 404 {
			t.Errorf("a create that was refused has made a link: %d", a.Status)
		}
	}
	eventually(t, "every visit is counted, those of the bad time too", func() bool { return p.clicksOf(id) == 21 })
	for range 3 {
		leadsTo(t, "limited", p.visit("/limited"), 302, "https://example.com/limited")
	}
	if a := p.visit("/limited"); a.Status != 410 {
		t.Errorf("the fourth: %d; want 410", a.Status)
	}
	p.kill()
	p.serve()
	for _, path := range []string{"/before", "/cold", "/after"} {
		leadsTo(t, "after a restart", p.visit(path), 302, "https://example.com"+path)
	}
}
