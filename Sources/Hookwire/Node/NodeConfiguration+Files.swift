// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Glibc
internal import RedisBroker

extension NodeConfiguration {
    /// Reads what the settings name, as a node does when it starts, and changes nothing.
    ///
    /// - Throws: `SettingsError` where something cannot be used.
    func checkFiles() throws(SettingsError) {
        _ = try self.certificateFiles?.readAtStart()
        do {
            if let redisURL { _ = try RedisBrokerConfiguration(redisURL) }
        } catch {
            throw SettingsError(message: error.description)
        }
        if let data { try Self.checkDirectory(data) }
    }

    private static func checkDirectory(_ data: String) throws(SettingsError) {
        let parent = URL(fileURLWithPath: data).deletingLastPathComponent().path
        let isThere = self.isDirectory(data)
        guard isThere || (self.isDirectory(parent) && !FileManager.default.fileExists(atPath: data)) else {
            throw SettingsError(
                message:
                    "The data directory \(data) cannot be used: only the last part of its path is made, and it must be a "
                    + "directory."
            )
        }
        guard Glibc.access(isThere ? data : parent, R_OK | W_OK | X_OK) == 0 else {
            throw SettingsError(
                message:
                    "The data directory \(data) cannot be used: \(String(cString: strerror(errno))). Give --data a "
                    + "directory that this user may write, or one whose parent exists so that it can be made."
            )
        }
    }

    private static func isDirectory(_ path: String) -> Bool {
        var isDirectory: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && isDirectory.boolValue
    }
}
