// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// The supported platforms, by their names in URLs and in the registry.
public enum BotPlatform: String, Sendable, CaseIterable {
    case qq
    case wechat
    case messenger
    case dialogflow
    case generic
}
