// Package page renders whole documents: the page as a server or a build writes
// it, complete with a still picture and a table, before any script runs.
package page

import (
	"context"
	"io"
	"strings"

	"bitacora/engine/view"
	"bitacora/web/app"
	"bitacora/web/lang"
	"bitacora/web/panel"
	"bitacora/web/scene"
	"bitacora/web/still"
)

// View is what a document shows.
type View struct {
	LangTag, Title, Description, Version string
	Assets                               string // where style.css and the rest lie, with a slash at the end
	Live                                 bool   // the page comes from a cluster
	Skip, GuideLabel, PanelLabel         string
	StageLabel, Summary                  string
	Still, StillCaption, NoScript        string
	TablesTitle, TooOld, Failed          string
	Bar                                  panel.Bar
	Headline                             panel.Headline
	Guide                                panel.Guide
	Inspector                            panel.Inspector
	Feed                                 panel.Feed
	Transport                            panel.Transport
	Tables                               panel.Tables
}

// The still picture's size, near that of a stage on a common screen.
const (
	stillWidth  = 1060
	stillHeight = 640
)

// Write writes the document.
func Write(w io.Writer, l lang.Lang, live bool, version, assets string) error {
	return Page(newView(l, live, version, assets)).Render(context.Background(), w)
}

func newView(l lang.Lang, live bool, version, assets string) View {
	m := app.New(l, live)
	topic := l.T(lang.ExampleTopic)
	m.State = still.State(topic, l.T(lang.ExampleGroup))
	// Which source it will be is not known before the worker lives, for the address
	// may name one: the still picture claims none.
	m.Known, m.Source, m.Link = true, view.SourceSimulation, app.LinkStarting
	bar, transport := m.Bar(), m.Transport()
	bar.Simulation.Pressed, bar.Status, transport.Elapsed = false, "", ""
	return View{
		LangTag: l.Tag(), Title: l.T(lang.AppName) + " · " + l.T(lang.AppTagline), Description: l.T(lang.WhatTopic), Version: version,
		Assets: assets, Live: live, Skip: l.T(lang.SkipToStage), GuideLabel: l.T(lang.GuideToggle), PanelLabel: l.T(lang.PanelToggle),
		StageLabel: l.T(lang.StageLabel), Summary: m.Tables().Summary, Still: picture(m, topic), StillCaption: l.T(lang.StillCaption),
		NoScript: l.T(lang.NoScript), TablesTitle: l.T(lang.TableTitle), TooOld: l.T(lang.BrowserTooOld), Failed: l.T(lang.Failed),
		Bar: bar, Headline: m.Headline(), Guide: m.Guide(), Inspector: m.Inspector(), Feed: m.FeedPanel(),
		Transport: transport, Tables: m.Tables(),
	}
}

// picture draws the still moment as SVG whose colours are the style sheet's.
func picture(m *app.Model, topic string) string {
	m.Update(app.Resize{Width: stillWidth, Height: stillHeight})
	in := m.Picture()
	in.Can = view.CanFault
	messages := still.Messages(topic)
	for i := range messages {
		in.Flights = append(in.Flights, scene.Flight{Message: &messages[i], Done: 0.45})
	}
	var list scene.List
	list.Reset()
	scene.Draw(in, &list)
	var b strings.Builder
	// A strings.Builder takes everything.
	_ = scene.WriteSVG(&b, &list, stillWidth, stillHeight, m.Lang.T(lang.StillCaption), nil)
	return b.String()
}
