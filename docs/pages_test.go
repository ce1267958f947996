// Package docs_test keeps the documentation true: the manifests that it shows are
// valid, its links lead somewhere, its reason codes and tests exist, and its amounts
// are calculated again.
package docs_test

import (
	"bufio"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// pages returns the pages for readers, as paths from here.
func pages(t *testing.T) []string {
	t.Helper()
	found := []string{"../README.md", "../CONTRIBUTING.md", "../CHANGELOG.md", "../SECURITY.md"}
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && filepath.Ext(path) == ".md" {
			found = append(found, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func newBufio(text string) *bufio.Reader { return bufio.NewReader(strings.NewReader(text)) }

// blocks returns the fenced blocks of a language.
func blocks(text, language string) []string {
	var found []string
	var block strings.Builder
	inside := false
	for line := range strings.Lines(text) {
		switch fence := strings.TrimSpace(line); {
		case !inside && fence == "```"+language:
			inside = true
		case inside && fence == "```":
			found, inside = append(found, block.String()), false
			block.Reset()
		case inside:
			block.WriteString(line)
		}
	}
	return found
}

// tables returns the rows of all tables whose header is this, as cells.
func tables(text string, header ...string) [][]string {
	var rows [][]string
	inside := false
	for line := range strings.Lines(text) {
		cells := cellsOf(line)
		switch {
		case len(cells) != len(header):
			inside = false
		case strings.Join(cells, "|") == strings.Join(header, "|"):
			inside = true
		case inside && !strings.HasPrefix(cells[0], "---"):
			rows = append(rows, cells)
		}
	}
	return rows
}

// cellsOf returns the cells of a table's line, nil of another.
func cellsOf(line string) []string {
	line = strings.TrimSpace(line)
	if !strings.HasPrefix(line, "|") || !strings.HasSuffix(line, "|") {
		return nil
	}
	cells := strings.Split(strings.Trim(line, "|"), "|")
	for i := range cells {
		cells[i] = strings.TrimSpace(cells[i])
	}
	return cells
}

var (
	link = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	// plain is text without code, in which brackets are not links.
	code = regexp.MustCompile("(?s)```.*?```|`[^`\n]*`")
)

// targets returns the relative files that a page links to.
func targets(page, text string) []string {
	var found []string
	for _, match := range link.FindAllStringSubmatch(code.ReplaceAllString(text, ""), -1) {
		target, _, _ := strings.Cut(match[1], "#")
		if target == "" || strings.Contains(target, "://") || strings.HasPrefix(target, "mailto:") {
			continue
		}
		found = append(found, filepath.Join(filepath.Dir(page), target))
	}
	return found
}

func TestLinksLeadSomewhere(t *testing.T) {
	for _, page := range pages(t) {
		for _, target := range targets(page, read(t, page)) {
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s links to %s: %v", page, target, err)
			}
		}
	}
}

// TestEveryPageIsInTheIndex: each folder's README.md links to the pages beside it and
// to the folders below.
func TestEveryPageIsInTheIndex(t *testing.T) {
	for _, page := range pages(t) {
		folder := filepath.Dir(page)
		if strings.HasPrefix(page, "..") || page == "README.md" {
			continue
		}
		index := filepath.Join(folder, "README.md")
		if page == index {
			index = filepath.Join(filepath.Dir(folder), "README.md")
		}
		if !slices.Contains(targets(index, read(t, index)), page) {
			t.Errorf("%s has no link to %s: add one", index, page)
		}
	}
}
