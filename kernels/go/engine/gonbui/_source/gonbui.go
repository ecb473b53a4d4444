// Package gonbui shows HTML, Markdown and pictures, and asks for input, as gonb's does.
package gonbui

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"image/png"
	"math/rand"
	"sync"

	"labinit/display"

	"github.com/janpfeifer/gonb/gonbui/protocol"
)

// IsNotebook tells that a kernel runs the program.
var IsNotebook = true

// Debug has Logf print.
var Debug bool

var (
	mu    sync.Mutex
	shown = map[string]bool{} // by DisplayID
)

// The engine's side of it.
func request(prompt string, password bool)

// Logf prints where Debug is set.
func Logf(format string, args ...any) {
	if Debug {
		fmt.Printf(format+"\n", args...)
	}
}

// Error is always nil: what is shown has arrived.
func Error() error { return nil }

// Open is always possible.
func Open() error { return nil }

// Sync has nothing to wait for: each function returns when the page has been told.
func Sync() {}

// SendData shows something in several formats; with a DisplayID, in place of what had it before.
func SendData(data *protocol.DisplayData) {
	if input, ok := data.Data[protocol.MIMEJupyterInput].(*protocol.InputRequest); ok {
		request(input.Prompt, input.Password)
		return
	}
	formats := display.MIMEMap{}
	for mimeType, content := range data.Data {
		formats[string(mimeType)] = content
	}
	value := display.MIME(formats, data.Metadata)
	mu.Lock()
	again := shown[data.DisplayID]
	shown[data.DisplayID] = data.DisplayID != ""
	mu.Unlock()
	switch {
	case again:
		display.Update(data.DisplayID, value)
	case data.DisplayID != "":
		display.ShowAs(data.DisplayID, value)
	default:
		display.Show(value)
	}
}

func show(mimeType protocol.MIMEType, content any, id string) {
	SendData(&protocol.DisplayData{
		Data: map[protocol.MIMEType]any{mimeType: content}, DisplayID: id,
	})
}

// UniqueId is new at each call.
func UniqueId() string { return fmt.Sprintf("%08x", rand.Uint32()) }

// UniqueID is UniqueId.
func UniqueID() string { return UniqueId() }

// DisplayHTML shows a fragment of HTML.
func DisplayHTML(html string) { show(protocol.MIMETextHTML, html, "") }

// DisplayHtml is DisplayHTML.
func DisplayHtml(html string) { DisplayHTML(html) }

// DisplayHTMLF is DisplayHTML of fmt.Sprintf.
func DisplayHTMLF(format string, args ...any) { DisplayHTML(fmt.Sprintf(format, args...)) }

// DisplayHtmlf is DisplayHTMLF.
func DisplayHtmlf(format string, args ...any) { DisplayHTMLF(format, args...) }

// DisplayMarkdown shows formatted text.
func DisplayMarkdown(markdown string) { show(protocol.MIMETextMarkdown, markdown, "") }

// UpdateHTML shows a fragment of HTML in place of what had this id before.
func UpdateHTML(id, html string) { show(protocol.MIMETextHTML, html, id) }

// UpdateHtml is UpdateHTML.
func UpdateHtml(id, html string) { UpdateHTML(id, html) }

// UpdateMarkdown shows formatted text in place of what had this id before.
func UpdateMarkdown(id, markdown string) { show(protocol.MIMETextMarkdown, markdown, id) }

// DisplayPng shows a picture.
func DisplayPng(png []byte) { show(protocol.MIMEImagePNG, png, "") }

// DisplayPNG is DisplayPng.
func DisplayPNG(png []byte) { DisplayPng(png) }

// DisplayImage shows a picture, sent as PNG.
func DisplayImage(picture image.Image) error {
	var b bytes.Buffer
	if err := png.Encode(&b, picture); err != nil {
		return err
	}
	DisplayPng(b.Bytes())
	return nil
}

// DisplaySvg shows a drawing.
func DisplaySvg(svg string) { show(protocol.MIMEImageSVG, svg, "") }

// DisplaySVG is DisplaySvg.
func DisplaySVG(svg string) { DisplaySvg(svg) }

// ScriptJavascript is run by the page, where it trusts the notebook.
func ScriptJavascript(js string) { show(protocol.MIMETextJavascript, js, "") }

// RequestInput asks the person for a line, which is then read from standard input.
func RequestInput(prompt string, password bool) { request(prompt, password) }

// EmbedImageAsPNGSrc returns a picture as the src of an <img>.
func EmbedImageAsPNGSrc(picture image.Image) (string, error) {
	var b bytes.Buffer
	if err := png.Encode(&b, picture); err != nil {
		return "", err
	}
	return "data:image/png;base64," + base64.StdEncoding.EncodeToString(b.Bytes()), nil
}
