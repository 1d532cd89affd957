// What the Conflicts pane knows and asks for: the conflicts, the choices, and the answers to them.
import Domain

/// A difference between the two sides that waits for a person, as the screen shows it.
public struct ConflictItem: Sendable, Hashable, Identifiable {
  /// Where it stands.
  public enum State: Sendable, Hashable {
    /// Nobody chose yet.
    case open
    /// It was chosen and not sent: the choice can be taken back.
    case chosen
    /// The choice is on its way.
    case sending
  }

  /// Who decides by the rules.
  public enum Rule: Sendable, Hashable { case person, newer, buildium, airtable }

  /// Its number.
  public var id: Int64
  /// The record's key.
  public var key: RemoteKey
  /// The record in words: `Lease 1042-3`.
  public var title: String
  /// The record in the store.
  public var localID: String
  /// The field; nil when it is about the whole record.
  public var field: String?
  /// What both sides last agreed on; nil where there was nothing.
  public var base: JSONValue?
  /// What Buildium holds; nil when it has no such record.
  public var buildium: JSONValue?
  /// What Airtable holds; nil when it has no such row.
  public var airtable: JSONValue?
  /// When Buildium's value was edited, where that is known.
  public var buildiumAt: Instant?
  /// When Airtable's was.
  public var airtableAt: Instant?
  /// What the rules say of the field.
  public var rule: Rule
  /// When it was found.
  public var foundAt: Instant
  /// Where it stands.
  public var state: State
  /// What was chosen before.
  public var choice: ConflictChoice.Pick?
  /// Who chose it.
  public var chosenBy: String?
  /// What a service said when it refused the choice made last; nil when it was not refused.
  public var refused: String?
  /// The properties the record belongs to, for the filter.
  public var properties: [String] = []
  /// The vendor of a bill, for the filter.
  public var vendor: String?

  /// A conflict.
  public init(
    id: Int64, key: RemoteKey, title: String, localID: String, field: String?, base: JSONValue?,
    buildium: JSONValue?, airtable: JSONValue?, buildiumAt: Instant? = nil,
    airtableAt: Instant? = nil, rule: Rule, foundAt: Instant, state: State = .open,
    choice: ConflictChoice.Pick? = nil, chosenBy: String? = nil
  ) {
    (self.id, self.key, self.title, self.localID) = (id, key, title, localID)
    (self.field, self.base, self.buildium, self.airtable) = (field, base, buildium, airtable)
    (self.buildiumAt, self.airtableAt, self.rule) = (buildiumAt, airtableAt, rule)
    (self.foundAt, self.state, self.choice, self.chosenBy) = (foundAt, state, choice, chosenBy)
  }
}

/// What a person chose for one conflict, with the values that were shown.
public struct ConflictChoice: Sendable, Hashable {
  /// What is kept.
  public enum Pick: Sendable, Hashable {
    case buildium, airtable, base
    /// A value as a person types it.
    case value(String)
  }

  /// The conflict.
  public var id: Int64
  /// What is kept.
  public var pick: Pick
  /// What Buildium held when it was chosen.
  public var buildium: JSONValue?
  /// What Airtable held then.
  public var airtable: JSONValue?

  /// A choice about a conflict as it is shown.
  public init(_ item: ConflictItem, _ pick: Pick) {
    (id, self.pick, buildium, airtable) = (item.id, pick, item.buildium, item.airtable)
  }
}

/// What the Conflicts pane wants done.
public enum ConflictErrand: Sendable, Hashable {
  /// Read what waits; answer with ``ConflictNews/list(_:)``.
  case load
  /// Say what choices would write; answer with ``ConflictNews/preview(_:stale:)``.
  case preview([ConflictChoice])
  /// Keep the choices in one transaction, without those whose values have changed; answer with
  /// ``ConflictNews/applied(count:stale:)``.
  case apply([ConflictChoice])
  /// Read what was decided about a conflict's record; answer with ``ConflictNews/journal(_:)``.
  case journal(Int64)
  /// Count how conflicts were settled; answer with ``ConflictNews/statistics(_:)``.
  case statistics
  /// Let one side win from now on in a field of a resource; answer with ``ConflictNews/rules(_:)``.
  case setRule(ConflictRule)
  /// Read the rules; answer with ``ConflictNews/rules(_:)``.
  case rules
}

/// The answers to ``ConflictErrand``.
public enum ConflictNews: Sendable, Hashable {
  /// What waits, the oldest first.
  case list([ConflictItem])
  /// Every write the choices would make, and the conflicts that have changed since they were shown.
  case preview([PlannedWrite], stale: [Int64])
  /// How many were kept, and which were skipped because they have changed.
  case applied(count: Int, stale: [Int64])
  /// What the journal says of the record, the newest first, a line each.
  case journal([String])
  /// How conflicts were settled so far, a line each.
  case statistics([String])
  /// The rules as they stand now, those switched off too.
  case rules([ConflictRule])
}

/// A rule that settles conflicts over a field by itself, as the screen shows it.
public struct ConflictRule: Sendable, Hashable {
  /// The resource.
  public var resource: Resource
  /// The field, or `deletion`; nil for all of the resource that need not be named.
  public var field: String?
  /// Who decides, in the word the command takes: newest, manual, buildium, airtable.
  public var policy: String
  /// Whether it is followed.
  public var isActive: Bool
  /// Who set it; empty for one that is about to be set.
  public var setBy: String

  /// A rule.
  public init(
    _ resource: Resource, field: String?, policy: String, isActive: Bool = true, setBy: String = ""
  ) {
    (self.resource, self.field, self.policy) = (resource, field, policy)
    (self.isActive, self.setBy) = (isActive, setBy)
  }

  /// `tenants.phone`.
  var name: String { resource.rawValue + (field.map { ".\($0)" } ?? "") }
}

extension ConflictItem {
  /// The side whose edit is surely the later; nil when that is not known.
  var newer: Service? {
    guard let buildiumAt, let airtableAt, buildiumAt != airtableAt else { return nil }
    return buildiumAt > airtableAt ? .buildium : .airtable
  }

  /// The field in words.
  var fieldTitle: String { field.map(Self.words) ?? "whole record" }

  private static func words(_ name: String) -> String {
    let spaced = name.replacing("_", with: " ")
    return spaced.prefix(1).uppercased() + spaced.dropFirst()
  }

  /// What the rules would do.
  func would(_ world: World) -> String {
    switch rule {
    case .person: return "ask you"
    case .buildium: return "take Buildium"
    case .airtable: return "take Airtable"
    case .newer:
      guard let newer, let at = newer == .buildium ? buildiumAt : airtableAt else {
        return "take newer"
      }
      return "take newer (\(newer.title), \(Words.clock(at, world)))"
    }
  }

  /// A value as it is shown.
  static func text(_ value: JSONValue?) -> String {
    switch value {
    case nil: "(no record)"
    case .null?: "(empty)"
    case .string(let text)?: text.isEmpty ? "(empty)" : text
    case .some(let value): value.text
    }
  }

  /// What a pick leaves in the field.
  func result(_ pick: ConflictChoice.Pick) -> String {
    switch pick {
    case .buildium: Self.text(buildium)
    case .airtable: Self.text(airtable)
    case .base: Self.text(base)
    case .value(let text): text.isEmpty ? "(empty)" : text
    }
  }

  /// Why a pick cannot be taken here; nil when it can.
  func refusal(of pick: ConflictChoice.Pick) -> String? {
    if state == .sending { return "the choice is on its way already" }
    switch pick {
    case .base, .value:
      return field == nil ? "a whole record is kept as one side has it: h or l" : nil
    case .buildium, .airtable: return nil
    }
  }
}

extension ConflictChoice.Pick {
  /// What it is called.
  var title: String {
    switch self {
    case .buildium: "Buildium"
    case .airtable: "Airtable"
    case .base: "the base"
    case .value: "your value"
    }
  }
}
