/// Takes secrets and personal numbers out of anything that is logged or shown.
///
/// Works on any text, since what a service answers in an error may be JSON, HTML or a cut piece of
/// either. Too much masked is a nuisance, too little a breach: in doubt a value goes.
public enum Masking {
  /// What stands in place of a value.
  public static let mask = "***"

  /// Header fields whose values are secrets.
  private static let secretFields: Set<String> = [
    "authorization", "proxyauthorization", "cookie", "setcookie", "xbuildiumclientid",
    "xbuildiumclientsecret", "buildiumwebhooksignature", "xairtablecontentmac", "xapikey",
  ]
  /// Members of documents and parameters whose values are secrets or personal numbers, by the
  /// letters of their names; `accountnumber` and `routingnumber` count inside longer names too.
  private static let secretMembers: Set<String> = [
    "taxid", "taxpayerid", "taxidentificationnumber", "dateofbirth", "birthdate", "ssn", "ein",
    "socialsecuritynumber", "password", "secret", "clientsecret", "clientid", "accesstoken",
    "refreshtoken", "token", "apikey", "macsecretbase",
  ]

  /// Header fields with the secret values masked.
  public static func headers(
    _ headers: [(name: String, value: String)]
  ) -> [(name: String, value: String)] {
    headers.map { name, value in
      (name, secretFields.contains(letters(name.utf8)) ? mask : text(value))
    }
  }

  /// The text with everything masked that is, or looks like, a secret or a personal number.
  public static func text(_ text: String) -> String {
    var scanner = Scanner(bytes: Array(text.utf8))
    return scanner.masked()
  }

  /// The path of an address with its ids, and its query with all values masked but numbers, dates
  /// and words of the service's own.
  public static func path(ofURL url: String) -> String {
    var rest = Substring(url)
    if let scheme = url.firstRange(of: "://") {
      rest = url[scheme.upperBound...]
      rest = rest.firstIndex(of: "/").map { rest[$0...] } ?? "/"
    }
    let parts = rest.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    var path = text(String(parts.first ?? "/"))
    if parts.count > 1 {
      let pairs = parts[1].split(separator: "&").map { pair in
        let pair = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard pair.count > 1 else { return String(pair[0]) }
        return "\(pair[0])=\(isHarmless(pair[0], pair[1]) ? text(String(pair[1])) : mask)"
      }
      path += "?" + pairs.joined(separator: "&")
    }
    return path.utf8.count <= pathMax ? path : path.prefix(pathMax) + "…"
  }

  /// Characters of a path that are kept; Buildium's lists of ids run to four thousand.
  private static let pathMax = 500

  /// Parameters whose values are the service's own words and not a person's.
  private static let plainParameters: Set<String> = [
    "orderby", "offset", "limit", "pagesize", "fields", "records", "cursor", "cellformat",
    "returnfieldsbyfieldid", "accountingbasis", "selectiontype", "include",
  ]
  private static let plainEndings = ["status", "statuses", "type", "types"]

  private static func isHarmless(_ name: Substring, _ value: Substring) -> Bool {
    let name = letters(name.replacing("%5B%5D", with: "").utf8)
    if isSecret(name) { return false }
    if plainParameters.contains(name) || plainEndings.contains(where: name.hasSuffix) {
      return true
    }
    if ["phone", "name", "email", "address"].contains(where: name.contains) { return false }
    let digits = value.replacing("%3A", with: ":").replacing("%2C", with: ",")
    return digits.utf8.allSatisfy { isDigit($0) || "-:.,TZ".utf8.contains($0) }
      || ["true", "false"].contains(value)
  }

  /// The letters of a name in lower case: `Tax Id`, `tax_id` and `TaxId` are one.
  fileprivate static func letters(_ name: some Sequence<UInt8>) -> String {
    String(decoding: name.filter(isLetter).map { $0 | 0x20 }, as: UTF8.self)
  }

  fileprivate static func isSecret(_ letters: String) -> Bool {
    secretFields.contains(letters) || secretMembers.contains(letters)
      || letters.contains("accountnumber") || letters.contains("routingnumber")
  }

  fileprivate static func isSecretField(_ letters: String) -> Bool {
    secretFields.contains(letters)
  }

  fileprivate static func isLetter(_ byte: UInt8) -> Bool {
    byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z")
  }

  fileprivate static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
}

/// Walks through a text once and copies it, leaving out what is secret.
private struct Scanner {
  let bytes: [UInt8]
  private var index = 0
  private var output: [UInt8] = []

  init(bytes: [UInt8]) { self.bytes = bytes }

  mutating func masked() -> String {
    output.reserveCapacity(bytes.count)
    while index < bytes.count {
      let byte = bytes[index]
      if byte == UInt8(ascii: "\"") {
        quoted()
      } else if isWord(byte), !startsNumber(after: index) {
        if Masking.isDigit(byte), number() { continue }
        word()
      } else {
        output.append(byte)
        index += 1
      }
    }
    return String(decoding: output, as: UTF8.self)
  }

  /// A text in quotes is the name of a member when a colon follows; otherwise it is read on as any
  /// other text, since the quote may open anything.
  private mutating func quoted() {
    output.append(bytes[index])
    index += 1
    guard let end = closingQuote(from: index), let colon = separator(after: end + 1) else { return }
    let name = Masking.letters(bytes[index..<end])
    output += bytes[index..<colon]
    index = colon
    if Masking.isSecret(name) { value(wholeLine: false) }
  }

  /// A word may be the name of a field or parameter, a scheme before a token, or a token.
  private mutating func word() {
    let start = index
    while index < bytes.count, isWord(bytes[index]), !startsNumber(after: index) { index += 1 }
    let word = bytes[start..<index]
    if isToken(word) {
      maskOut()
      // The secret half of a personal access token.
      while index < bytes.count, isWord(bytes[index]) || bytes[index] == UInt8(ascii: ".") {
        index += 1
      }
      return
    }
    output += word
    let name = Masking.letters(word)
    if name == "bearer" || name == "basic", index < bytes.count, bytes[index] == 0x20 {
      output.append(0x20)
      index += 1
      value(wholeLine: false)
    } else if Masking.isSecret(name), let after = separator(after: index) {
      output += bytes[index..<after]
      index = after
      value(wholeLine: Masking.isSecretField(name))
    }
  }

  /// Leaves out the value that begins here: a quoted text, a line, or what reaches to the next
  /// separator. Objects and lists are read on: their members are looked at one by one.
  private mutating func value(wholeLine: Bool) {
    guard index < bytes.count, bytes[index] != UInt8(ascii: "{"), bytes[index] != UInt8(ascii: "[")
    else { return }
    if bytes[index] == UInt8(ascii: "\"") {
      output.append(bytes[index])
      maskOut()
      // Without a closing quote the text was cut inside the value.
      guard let end = closingQuote(from: index + 1) else {
        index = bytes.count
        return
      }
      index = end
      output.append(bytes[index])
      index += 1
      return
    }
    let ends: [UInt8] = wholeLine ? [10, 13] : Array(" \t\r\n,;&}])\"'<".utf8)
    guard !ends.contains(bytes[index]) else { return }
    maskOut()
    while index < bytes.count, !ends.contains(bytes[index]) { index += 1 }
  }

  /// Digits that look like a social security number, a tax number or a card. Whether it took any.
  private mutating func number() -> Bool {
    var end = index
    var groups = [0]
    var digits: [UInt8] = []
    while end < bytes.count, digits.count <= 19 {
      if Masking.isDigit(bytes[end]) {
        digits.append(bytes[end] - 0x30)
        groups[groups.count - 1] += 1
        end += 1
      } else if bytes[end] == UInt8(ascii: "-") || bytes[end] == 0x20, end + 1 < bytes.count,
        Masking.isDigit(bytes[end + 1])
      {
        groups.append(0)
        end += 1
      } else {
        break
      }
    }
    guard end == bytes.count || !isWord(bytes[end]) else { return false }
    let isPersonal = groups == [3, 2, 4] || groups == [2, 7]
    let isCard =
      [[4, 4, 4, 4], [4, 6, 5], [4, 6, 4], [4, 4, 4, 4, 3]].contains(groups)
      || groups.count == 1 && (13...19).contains(digits.count)
    guard isPersonal || isCard && (3...6).contains(digits[0]) && passesLuhn(digits) else {
      return false
    }
    maskOut()
    index = end
    return true
  }

  private func passesLuhn(_ digits: [UInt8]) -> Bool {
    var sum = 0
    for (place, digit) in digits.reversed().enumerated() {
      let weighted = Int(digit) * (place % 2 == 0 ? 1 : 2)
      sum += weighted > 9 ? weighted - 9 : weighted
    }
    return sum % 10 == 0
  }

  /// Airtable's tokens: `pat` and 14 characters, or in older days `key` and 14.
  private func isToken(_ word: ArraySlice<UInt8>) -> Bool {
    word.starts(with: "pat".utf8) && word.count >= 17
      || word.starts(with: "key".utf8) && word.count == 17
  }

  private mutating func maskOut() { output += Masking.mask.utf8 }

  /// Where the value begins after a name, a colon or equals sign, and spaces; nil without either.
  private func separator(after start: Int) -> Int? {
    var at = start
    while at < bytes.count, bytes[at] == 0x20 { at += 1 }
    guard at < bytes.count, bytes[at] == UInt8(ascii: ":") || bytes[at] == UInt8(ascii: "=") else {
      return nil
    }
    at += 1
    while at < bytes.count, bytes[at] == 0x20 { at += 1 }
    return at
  }

  private func closingQuote(from start: Int) -> Int? {
    var at = start
    while at < bytes.count {
      if bytes[at] == UInt8(ascii: "\\") {
        at += 2
        continue
      }
      if bytes[at] == UInt8(ascii: "\"") { return at }
      at += 1
    }
    return nil
  }

  /// Whether a hyphen stands here with a digit behind it: a number may begin there.
  private func startsNumber(after start: Int) -> Bool {
    bytes[start] == UInt8(ascii: "-") && start + 1 < bytes.count
      && Masking.isDigit(bytes[start + 1])
  }

  private func isWord(_ byte: UInt8) -> Bool {
    Masking.isLetter(byte) || Masking.isDigit(byte) || byte == UInt8(ascii: "_")
      || byte == UInt8(ascii: "-")
  }
}
