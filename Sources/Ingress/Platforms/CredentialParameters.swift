// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// The parameters of webhooks' URLs that are credentials, of any platform.
enum CredentialParameters {
    static let names = ["secret", "token", "hub.verify_token", "verify_token", "encoding_aes_key", "aes_key"]
}
