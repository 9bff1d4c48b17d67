// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Why a request was not answered by a route. The raw value is the problem's reason.
enum RoutingFault: String {
    /// Its target is neither a path nor an absolute URI.
    case badTarget = "bad_target"
    /// There is nothing at its path.
    case notFound = "not_found"
    /// The path exists, but not for its method.
    case methodNotAllowed = "method_not_allowed"
    /// Its route failed to answer.
    case internalError = "internal_error"
}
