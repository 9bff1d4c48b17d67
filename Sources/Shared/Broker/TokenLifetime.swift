// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// How long a platform's access token may be remembered.
public enum TokenLifetime {
    /// The maximum, in milliseconds: a day. QQ's tokens live two hours.
    public static let longestMilliseconds: Int64 = 24 * 60 * 60 * 1000
}
