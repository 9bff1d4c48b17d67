// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Signatures whose R is not the nonce's point, though S fits: only a holder of the key can make them.
///
/// Taken from Project Wycheproof (https://github.com/C2SP/wycheproof), `testvectors/eddsa_test.json`, tcId 42 to 62,
/// copyright Google LLC and the Wycheproof authors, licensed under the Apache License, Version 2.0; the field names
/// are changed, the values are not. Wycheproof's result for each of them is "invalid".
enum WycheproofVectors {
    static let secretKey = "add4bb8103785baf9ac534258e8aaf65f5f1adb5ef5f3df19bb80ab989c4d64b"
    static let publicKey = "7d4d0e7f6153a69b6242b522abbee685fda4420f8834b108c3bdae369ef549fa"
    static let message = "313233343030"
    static let invalidR: [(tcId: Int, comment: String, r: String, s: String)] = [
        (
            42, "modified bit 0 in R",
            "647c1492402ab5ce03e2c3a7f0384d051b9cf3570f1207fc78c1bcc98c281c2b",
            "1d125e5538f38afbcc1c84e489521083041d24bc6240767029da063271a1ff0c"
        ),
        (
            43, "modified bit 1 in R",
            "677c1492402ab5ce03e2c3a7f0384d051b9cf3570f1207fc78c1bcc98c281c2b",
            "c108ca4b87a49c9ed2cf383aecad8f54a962b2899da891e12004d7993a627e01"
        ),
        (
            44, "modified bit 2 in R",
            "617c1492402ab5ce03e2c3a7f0384d051b9cf3570f1207fc78c1bcc98c281c2b",
            "9ce23fc6213ed5b87912e9bbf92f5e2c780eae26d15c50a112d1e97d2ea33c06"
        ),
        (
            45, "modified bit 7 in R",
            "e57c1492402ab5ce03e2c3a7f0384d051b9cf3570f1207fc78c1bcc98c281c2b",
            "bb3eb51cd98dddb235a5f46f2bded6af184a58d09cce928bda43f41d69118a03"
        ),
        (
            46, "modified bit 8 in R",
            "657d1492402ab5ce03e2c3a7f0384d051b9cf3570f1207fc78c1bcc98c281c2b",
            "cd237dda9a116501f67a5705a854b9adc304f34720803a91b324f2c13e0f5a09"
        ),
        (
            47, "modified bit 16 in R",
            "657c1592402ab5ce03e2c3a7f0384d051b9cf3570f1207fc78c1bcc98c281c2b",
            "6b167bbdc0d881cc04d28905552c1876f3709851abc5007376940cc8a435c300"
        ),
        (
            48, "modified bit 31 in R",
            "657c1412402ab5ce03e2c3a7f0384d051b9cf3570f1207fc78c1bcc98c281c2b",
            "7fd2ac7da14afffcceeb13f2a0d6b887941cb1a5eb57a52f3cb131a16cce7b0e"
        ),
        (
            49, "modified bit 32 in R",
            "657c1492412ab5ce03e2c3a7f0384d051b9cf3570f1207fc78c1bcc98c281c2b",
            "7373ba13ebbef99cd2a8ead55ce735c987d85a35320925a8e871702dc7c5c40d"
        ),
        (
            50, "modified bit 63 in R",
            "657c1492402ab54e03e2c3a7f0384d051b9cf3570f1207fc78c1bcc98c281c2b",
            "d35bd331c03f0855504ca1cab87b83c36a028425a3cf007ede4f4254c261cb00"
        ),
        (
            51, "modified bit 64 in R",
            "657c1492402ab5ce02e2c3a7f0384d051b9cf3570f1207fc78c1bcc98c281c2b",
            "cb35101f73cf467deac8c1a03b6c3dc35af544132734b7e57ab20c89b2e4750d"
        ),
        (
            52, "modified bit 97 in R",
            "657c1492402ab5ce03e2c3a7f2384d051b9cf3570f1207fc78c1bcc98c281c2b",
            "b58d2e8878290bff8d3355fdd4ea381924ee578752354eb6dee678ab4011c301"
        ),
        (
            53, "modified bit 127 in R",
            "657c1492402ab5ce03e2c3a7f0384d851b9cf3570f1207fc78c1bcc98c281c2b",
            "b978c866187ffb1cc7b29a0b4045aefc08768df65717194ff0c6e63f4dea0d02"
        ),
        (
            54, "modified bit 240 in R",
            "657c1492402ab5ce03e2c3a7f0384d051b9cf3570f1207fc78c1bcc98c281d2b",
            "0576ecf8eaf675f00f3dfbe19f75b83b7607a6c96414f6821af920a2498d0305"
        ),
        (
            55, "modified bit 247 in R",
            "657c1492402ab5ce03e2c3a7f0384d051b9cf3570f1207fc78c1bcc98c289c2b",
            "e5241a345c7b5428054c74b7c382fa10d4a5f1e8f8b79a71d3fdea2254f1ff0e"
        ),
        (
            56, "modified bit 248 in R",
            "657c1492402ab5ce03e2c3a7f0384d051b9cf3570f1207fc78c1bcc98c281c2a",
            "63950c85cd6dc96364e768de50ff7732b538f8a0b1615d799190ab600849230e"
        ),
        (
            57, "modified bit 253 in R",
            "657c1492402ab5ce03e2c3a7f0384d051b9cf3570f1207fc78c1bcc98c281c0b",
            "543bd3da0a56a8c9c152f59c9fec12f31fa66434d48b817b30d90cb4efa8b501"
        ),
        (
            58, "modified bit 254 in R",
            "657c1492402ab5ce03e2c3a7f0384d051b9cf3570f1207fc78c1bcc98c281c6b",
            "8da07efd07a6dafb015ed6a32fe136319a972ffbc341f3a0beae97ccf8136505"
        ),
        (
            59, "modified bit 255 in R",
            "657c1492402ab5ce03e2c3a7f0384d051b9cf3570f1207fc78c1bcc98c281cab",
            "227aedf259f910f0f3a759a335062665217925d019173b88917eae294f75d40f"
        ),
        (
            60, "R==0",
            "0000000000000000000000000000000000000000000000000000000000000000",
            "e0b8e7770d51c7a36375d006c5bffd6af43ff54aaf47e4330dc118c71d61ec02"
        ),
        (
            61, "invalid R",
            "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
            "463a1908382e7eb7693acef9884f7cf931a215e0791876be22c631a59881fd0e"
        ),
        (
            62, "all bits flipped in R",
            "9a83eb6dbfd54a31fc1d3c580fc7b2fae4630ca8f0edf803873e433673d7e3d4",
            "0e94254586cb6188c5386c3febed477cb9a6cb29e3979adc4cb27cf5278fb70a"
        ),
    ]
}
