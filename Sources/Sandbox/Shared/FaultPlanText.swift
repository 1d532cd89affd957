// The option text of a plan of faults, read and written.
import Domain

/// Why an option text is no plan of faults.
public struct FaultPlanError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The part of the text at fault.
  public let part: String
  /// What is wrong with it, and what would be right.
  public let problem: String

  /// The sentence shown to a person.
  public var description: String { "faults: '\(part)' \(problem)" }
}

extension FaultPlan {
  /// Reads `429=0.02,airtable.write.500=every:100,401=from:20,slow=0.05@800`: a kind, how often as a
  /// probability, as `every:N` or as `from:N`, before the kind a service and `read` or `write`, after
  /// a slow fault its delay in milliseconds.
  ///
  /// - Parameter services: the names a rule may restrict itself to.
  /// - Throws: ``FaultPlanError`` with the part that cannot be read.
  public init(parsing text: String, services: [String]) throws(FaultPlanError) {
    rules = []
    for part in text.split(separator: ",") {
      let part = part.trimmingSpaces()
      guard !part.isEmpty else { continue }
      rules.append(try Self.rule(part, services))
    }
  }

  private static func rule(_ part: Substring, _ services: [String]) throws(FaultPlanError) -> Rule {
    func wrong(_ problem: String) -> FaultPlanError {
      FaultPlanError(part: String(part), problem: problem)
    }
    guard let equals = part.firstIndex(of: "=") else {
      throw wrong("has no '='; write KIND=PROBABILITY or KIND=every:N")
    }
    var name = part[..<equals].trimmingSpaces()
    var value = part[part.index(after: equals)...].trimmingSpaces()
    var service: String?
    var calls: Calls?
    while let dot = name.firstIndex(of: ".") {
      let prefix = String(name[..<dot])
      if let named = Calls(rawValue: prefix), calls == nil {
        calls = named
      } else if services.contains(prefix), service == nil, calls == nil {
        service = prefix
      } else {
        throw wrong(
          "names no service, read or write; services are \(services.joined(separator: ", "))")
      }
      name = name[name.index(after: dot)...]
    }
    guard let kind = FaultKind(rawValue: String(name)) else {
      let kinds = FaultKind.allCases.map(\.rawValue).joined(separator: ", ")
      throw wrong("is no kind of fault; there are \(kinds)")
    }
    var delay = slowMilliseconds
    if let at = value.firstIndex(of: "@") {
      guard kind == .slow, let number = Int(value[value.index(after: at)...]),
        (1...600_000).contains(number)
      else { throw wrong("has a bad delay; slow=0.05@800 holds back 800 ms, at most 600000") }
      delay = number
      value = value[..<at]
    }
    guard let frequency = frequency(value) else {
      throw wrong("needs a probability from 0 to 1, every:N or from:N with N above zero")
    }
    return Rule(kind, frequency, service: service, calls: calls, delayMilliseconds: delay)
  }

  private static func frequency(_ text: Substring) -> Frequency? {
    let words = text.split(separator: ":", maxSplits: 1).map { $0.trimmingSpaces() }
    if words.count == 2 {
      guard let number = Int(words[1]), number > 0 else { return nil }
      return words[0] == "every" ? .every(number) : words[0] == "from" ? .from(number) : nil
    }
    guard let probability = Double(String(text)), (0...1).contains(probability) else { return nil }
    return .probability(probability)
  }
}

extension FaultPlan: CustomStringConvertible {
  /// The text that reads back as this plan; `none` without rules.
  public var description: String {
    let parts = rules.map { rule in
      let often =
        switch rule.frequency {
        case .probability(let value): String(value)
        case .every(let count): "every:\(count)"
        case .from(let number): "from:\(number)"
        }
      let delay = rule.kind == .slow ? "@\(rule.delayMilliseconds)" : ""
      let names = [rule.service, rule.calls?.rawValue, rule.kind.rawValue].compactMap(\.self)
      return names.joined(separator: ".") + "=" + often + delay
    }
    return parts.joined(separator: ",")
  }
}

extension Substring {
  /// Without the spaces at both ends.
  func trimmingSpaces() -> Substring {
    var part = self
    while part.first == " " { part.removeFirst() }
    while part.last == " " { part.removeLast() }
    return part
  }
}
