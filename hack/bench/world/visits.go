package world

import "fmt"

// Chrome is what a browser sends besides the URL, as "Name: value".
var Chrome = []string{
	"User-Agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
	"Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
	"Accept-Encoding: gzip, deflate, br",
	"Accept-Language: en-US,en;q=0.9",
	"Referer: https://blog.example/2026/11/best-shoes.html",
}

// Paths are realistic visits, spread over offers and partners: offer, partner, two
// sub ids, source. Neighbours are far apart, so that no visit finds the offer of the one
// before in a cache.
func Paths(endpoint string, offers, count int) []string {
	paths := make([]string, count)
	for i := range paths {
		paths[i] = fmt.Sprintf("%s?offer=%s&partner=%s&sub1=newsletter-%d&sub2=%06x&source=mail",
			endpoint, offerID(i*7919%offers), partnerID(i*31%Partners), i%50, i*2654435761%0xffffff)
	}
	return paths
}

// Requests are GET requests of the paths as a browser sends them.
func Requests(host string, paths []string, headers []string) [][]byte {
	list := make([][]byte, len(paths))
	for i, path := range paths {
		r := fmt.Sprintf("GET %s HTTP/1.1\r\nHost: %s\r\n", path, host)
		for _, h := range headers {
			r += h + "\r\n"
		}
		list[i] = []byte(r + "\r\n")
	}
	return list
}
