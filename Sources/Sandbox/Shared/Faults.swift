import Background
import Domain

/// A way in which a service, or the network before it, misbehaves.
public enum FaultKind: String, Sendable, Hashable, CaseIterable {
  /// Refused as too many calls; not carried out.
  case tooManyRequests = "429"
  /// Refused with 500; not carried out.
  case serverError = "500"
  /// Carried out, and then answered with 500.
  case serverErrorAfter = "500-after"
  /// A gateway's 502; not carried out.
  case badGateway = "502"
  /// Refused with 503; not carried out.
  case unavailable = "503"
  /// A gateway's 504; carried out.
  case gatewayTimeout = "504"
  /// Answered late.
  case slow
  /// The body of the answer ends in its middle.
  case cut
  /// The connection is closed; not carried out.
  case dropBefore = "drop-before"
  /// Carried out, then the connection is closed: a lost answer.
  case dropAfter = "drop-after"
  /// Carried out, answered with status 200 and something that is not JSON.
  case garbage
}

/// Which faults happen, how often and at which services.
public struct FaultPlan: Sendable, Hashable {
  /// When a fault happens.
  public enum Frequency: Sendable, Hashable {
    /// With this probability, 0 to 1, at each call.
    case probability(Double)
    /// At every so-manieth call.
    case every(Int)
  }

  /// One kind of fault.
  public struct Rule: Sendable, Hashable {
    /// What happens.
    public var kind: FaultKind
    /// When.
    public var frequency: Frequency
    /// At this service alone; nil for all.
    public var service: String?
    /// For slow answers: how long they are held back.
    public var delayMilliseconds: Int

    /// A rule.
    public init(
      _ kind: FaultKind, _ frequency: Frequency, service: String? = nil,
      delayMilliseconds: Int = FaultPlan.slowMilliseconds
    ) {
      (self.kind, self.frequency, self.service) = (kind, frequency, service)
      self.delayMilliseconds = delayMilliseconds
    }
  }

  /// How long a slow answer takes when nothing else is said: long enough to notice, short enough
  /// not to look dead.
  public static let slowMilliseconds = 2_000

  /// In the order in which they get their chance; the first that happens is the only one.
  public var rules: [Rule]

  /// A plan; without rules nothing goes wrong.
  public init(_ rules: [Rule] = []) { self.rules = rules }

  /// The rules that apply at a service.
  public func restricted(to service: String) -> FaultPlan {
    FaultPlan(rules.filter { $0.service == nil || $0.service == service })
  }
}

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
  /// Reads `429=0.02,airtable.500=every:100,slow=0.05@800`: a kind, how often as a probability or
  /// `every:N`, before the kind a service, after a slow fault its delay in milliseconds.
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
    if let dot = name.firstIndex(of: ".") {
      let prefix = String(name[..<dot])
      guard services.contains(prefix) else {
        throw wrong("names no service; there are \(services.joined(separator: ", "))")
      }
      service = prefix
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
    let frequency: Frequency
    if value.hasPrefix("every:") || value.hasPrefix("every ") {
      guard let count = Int(value.dropFirst(6)), count > 0 else {
        throw wrong("needs a whole number above zero after 'every:'")
      }
      frequency = .every(count)
    } else {
      guard let probability = Double(String(value)), (0...1).contains(probability) else {
        throw wrong("needs a probability from 0 to 1, or every:N")
      }
      frequency = .probability(probability)
    }
    return Rule(kind, frequency, service: service, delayMilliseconds: delay)
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
        }
      let delay = rule.kind == .slow ? "@\(rule.delayMilliseconds)" : ""
      return (rule.service.map { $0 + "." } ?? "") + rule.kind.rawValue + "=" + often + delay
    }
    return parts.joined(separator: ",")
  }
}

/// Decides, call by call, whether something goes wrong; the same for the same seed and calls.
public final class FaultInjector: Sendable {
  private struct State {
    var plan: FaultPlan
    var random: SeededRandom
    var calls = 0
  }

  /// The service whose calls these are.
  public let service: String
  private let state: Lock<State>

  /// - Parameter plan: rules for other services are left out.
  public init(service: String, plan: FaultPlan = FaultPlan(), seed: UInt64 = 1) {
    self.service = service
    state = Lock(
      State(plan: plan.restricted(to: service), random: SeededRandom(seed: seed)))
  }

  /// The rules in force.
  public var plan: FaultPlan { state.withLock(\.plan) }

  /// Changes the rules from the next call on; `every:N` counts from here.
  public func change(to plan: FaultPlan) {
    state.withLock {
      $0.plan = plan.restricted(to: service)
      $0.calls = 0
    }
  }

  /// The fault of the next call.
  public func next() -> FaultPlan.Rule? {
    state.withLock { state in
      state.calls += 1
      for rule in state.plan.rules {
        switch rule.frequency {
        case .every(let count): if state.calls % count == 0 { return rule }
        case .probability(let value): if state.random.fraction() < value { return rule }
        }
      }
      return nil
    }
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
