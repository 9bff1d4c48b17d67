// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Takes a result that nobody needs, so that the optimiser has to have it computed.
@_optimize(none)
func blackHole(_ result: some Any) {}
