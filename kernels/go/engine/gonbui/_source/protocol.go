// Package protocol has the types of what gonbui.SendData shows.
package protocol

// MIMEType says what content is.
type MIMEType string

// The types that a notebook knows, and the one that asks for input, of a *InputRequest.
const (
	MIMETextHTML       MIMEType = "text/html"
	MIMETextJavascript MIMEType = "text/javascript"
	MIMETextMarkdown   MIMEType = "text/markdown"
	MIMETextPlain      MIMEType = "text/plain"
	MIMEImagePNG       MIMEType = "image/png"
	MIMEImageSVG       MIMEType = "image/svg+xml"
	MIMEJupyterInput   MIMEType = "gonb/jupyter_input"
)

// DisplayData is one thing in several formats. What has the same DisplayID replaces the one before.
type DisplayData struct {
	Data      map[MIMEType]any
	Metadata  map[string]any
	DisplayID string
}

// InputRequest asks the person for a line, which is read from standard input.
type InputRequest struct {
	Prompt   string
	Password bool
}
