// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// One file of the inspector's pages: hand-written, in this folder, and part of the program.
///
/// A module of its own, since its bytes become a source file that takes the compiler a while: it does that only where the
/// page has changed.
public struct InspectorFile: Sendable {
    /// What it is called: `index.html` and `bots.html` are the pages, and the others lie beside them.
    public let name: String
    /// What it is (RFC 9110, section 8.3).
    public let mediaType: String
    /// Its bytes.
    public let bytes: [UInt8]

    private init(_ name: String, _ bytes: [UInt8]) {
        self.name = name
        self.bytes = bytes
        self.mediaType =
            switch name.split(separator: ".").last {
            case "html": "text/html; charset=utf-8"
            case "css": "text/css; charset=utf-8"
            case "svg": "image/svg+xml"
            default: "text/javascript; charset=utf-8"
            }
    }

    /// What both pages stand on.
    private static let shared: [InspectorFile] = [
        InspectorFile("style.css", PackageResources.style_css),
        InspectorFile("icon.svg", PackageResources.icon_svg),
        InspectorFile("ask.js", PackageResources.ask_js),
        InspectorFile("bytes.js", PackageResources.bytes_js),
        InspectorFile("clock.js", PackageResources.clock_js),
        InspectorFile("dialogs.js", PackageResources.dialogs_js),
        InspectorFile("dom.js", PackageResources.dom_js),
        InspectorFile("theme.js", PackageResources.theme_js),
        InspectorFile("timelimit.js", PackageResources.timelimit_js),
        InspectorFile("words.js", PackageResources.words_js),
    ]

    /// The page of a bot's events, which egress nodes have.
    public static let inspector: [InspectorFile] =
        Self.shared + [
            InspectorFile("index.html", PackageResources.index_html),
            InspectorFile("app.js", PackageResources.app_js),
            InspectorFile("body.js", PackageResources.body_js),
            InspectorFile("connection.js", PackageResources.connection_js),
            InspectorFile("curl.js", PackageResources.curl_js),
            InspectorFile("details.js", PackageResources.details_js),
            InspectorFile("event.js", PackageResources.event_js),
            InspectorFile("eventstream.js", PackageResources.eventstream_js),
            InspectorFile("exactbytes.js", PackageResources.exactbytes_js),
            InspectorFile("feed.js", PackageResources.feed_js),
            InspectorFile("json.js", PackageResources.json_js),
            InspectorFile("list.js", PackageResources.list_js),
            InspectorFile("relay.js", PackageResources.relay_js),
            InspectorFile("reply.js", PackageResources.reply_js),
            InspectorFile("searchtext.js", PackageResources.searchtext_js),
            InspectorFile("store.js", PackageResources.store_js),
            InspectorFile("timetext.js", PackageResources.timetext_js),
            InspectorFile("window.js", PackageResources.window_js),
        ]

    /// The page of the registered bots, which the admin listener has.
    public static let bots: [InspectorFile] =
        Self.shared + [
            InspectorFile("bots.html", PackageResources.bots_html),
            InspectorFile("bots.css", PackageResources.bots_css),
            InspectorFile("bots.js", PackageResources.bots_js),
            InspectorFile("botapi.js", PackageResources.botapi_js),
            InspectorFile("botdetails.js", PackageResources.botdetails_js),
            InspectorFile("botforms.js", PackageResources.botforms_js),
            InspectorFile("bottable.js", PackageResources.bottable_js),
            InspectorFile("botwords.js", PackageResources.botwords_js),
        ]
}
