// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import Logging

/// Wraps another handler, writing its lines only if the outlet has room.
public struct OutletLogHandler: LogHandler {
    private var handler: any LogHandler
    private let outlet: LogOutlet

    public init(_ handler: any LogHandler, outlet: LogOutlet) {
        self.handler = handler
        self.outlet = outlet
    }

    public var logLevel: Logger.Level {
        get { self.handler.logLevel }
        set { self.handler.logLevel = newValue }
    }

    public var metadata: Logger.Metadata {
        get { self.handler.metadata }
        set { self.handler.metadata = newValue }
    }

    public var metadataProvider: Logger.MetadataProvider? {
        get { self.handler.metadataProvider }
        set { self.handler.metadataProvider = newValue }
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { self.handler[metadataKey: key] }
        set { self.handler[metadataKey: key] = newValue }
    }

    public func log(event: LogEvent) {
        self.outlet.write { self.handler.log(event: event) }
    }
}
