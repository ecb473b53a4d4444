// Package display shows HTML, pictures, formulas and the like in a notebook.
//
// A value of type Data is shown when it is a cell's last value, or at any point by Show. The
// functions that make one have gophernotes' names, so its notebooks run.
package display

import (
	"fmt"
	"image"
	"os"
	"strings"
)

// MIME types of what a notebook can show.
const (
	MIMETypeHTML       = "text/html"
	MIMETypeJavaScript = "application/javascript"
	MIMETypeJPEG       = "image/jpeg"
	MIMETypeJSON       = "application/json"
	MIMETypeLatex      = "text/latex"
	MIMETypeMarkdown   = "text/markdown"
	MIMETypePNG        = "image/png"
	MIMETypePDF        = "application/pdf"
	MIMETypeSVG        = "image/svg+xml"
	MIMETypeText       = "text/plain"
)

// MIMEMap is one value in several formats:
// from MIME type to a string, bytes, or what JSON can hold.
type MIMEMap = map[string]any

// Data is what a notebook shows: the front end takes the richest format that it knows.
type Data = struct {
	Data      MIMEMap
	Metadata  MIMEMap
	Transient MIMEMap
}

// Types with one of these methods are shown by it.
type (
	Renderer       = interface{ Render() Data }
	SimpleRenderer = interface{ SimpleRender() MIMEMap }
	HTMLer         = interface{ HTML() string }
	JavaScripter   = interface{ JavaScript() string }
	JPEGer         = interface{ JPEG() []byte }
	JSONer         = interface{ JSON() map[string]any }
	Latexer        = interface{ Latex() string }
	Markdowner     = interface{ Markdown() string }
	PNGer          = interface{ PNG() []byte }
	PDFer          = interface{ PDF() []byte }
	SVGer          = interface{ SVG() string }
)

// The engine's side of it.
func publish(value any, id string, update bool)
func render(value any, mimeType string) Data
func clear(wait bool)

// Show shows a value now: Data, an image.Image, a type with one of the methods above, or anything.
func Show(value any) error {
	publish(value, "", false)
	return nil
}

// ShowAs shows a value under a name, by which Update can replace it.
func ShowAs(id string, value any) error {
	publish(value, id, false)
	return nil
}

// Update replaces what was shown under this name, wherever it is shown.
func Update(id string, value any) error {
	publish(value, id, true)
	return nil
}

// Clear removes the cell's output: at once, or when the next output comes.
func Clear(wait bool) { clear(wait) }

// Any makes Data of a string, bytes or a reader;
// of an empty MIME type it finds out which one it is.
func Any(mimeType string, data any) Data { return render(data, mimeType) }

// Auto is Any with an empty MIME type.
func Auto(data any) Data { return render(data, "") }

// MakeData makes Data of one format, and its text.
func MakeData(mimeType string, data any) Data {
	return MakeData3(mimeType, fmt.Sprint(data), data)
}

// MakeData3 makes Data of one format, with a text for front ends that do not know it.
func MakeData3(mimeType string, plaintext string, data any) Data {
	return Data{Data: MIMEMap{MIMETypeText: plaintext, mimeType: data}}
}

// MIME makes Data of several formats.
func MIME(data, metadata MIMEMap) Data { return Data{Data: data, Metadata: metadata} }

// File makes Data of a file's content.
func File(mimeType string, path string) Data {
	content, err := os.ReadFile(path)
	if err != nil {
		panic(err)
	}
	return Any(mimeType, content)
}

// Text is plain text, without quotes or formatting.
func Text(text string) Data { return Data{Data: MIMEMap{MIMETypeText: text}} }

// HTML is a fragment of HTML.
func HTML(html string) Data { return MakeData(MIMETypeHTML, html) }

// JavaScript is run by the page, where it trusts the notebook.
func JavaScript(javascript string) Data { return MakeData(MIMETypeJavaScript, javascript) }

// JPEG is a picture.
func JPEG(jpeg []byte) Data { return MakeData3(MIMETypeJPEG, "JPEG picture", jpeg) }

// JSON is shown as a tree.
func JSON(json map[string]any) Data { return MakeData(MIMETypeJSON, json) }

// Latex is a formula within text.
func Latex(latex string) Data {
	return MakeData3(MIMETypeLatex, latex, "$"+strings.Trim(latex, "$")+"$")
}

// Markdown is formatted text.
func Markdown(markdown string) Data { return MakeData(MIMETypeMarkdown, markdown) }

// Math is a formula on a line of its own.
func Math(latex string) Data {
	return MakeData3(MIMETypeLatex, latex, "$$"+strings.Trim(latex, "$")+"$$")
}

// PDF is a document.
func PDF(pdf []byte) Data { return MakeData3(MIMETypePDF, "PDF document", pdf) }

// PNG is a picture.
func PNG(png []byte) Data { return MakeData3(MIMETypePNG, "PNG picture", png) }

// SVG is a drawing.
func SVG(svg string) Data { return MakeData(MIMETypeSVG, svg) }

// Image is a picture, sent as PNG.
func Image(img image.Image) Data { return render(img, "") }
