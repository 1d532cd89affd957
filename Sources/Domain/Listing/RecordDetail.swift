/// Everything a person may want to see of one record.
public struct RecordDetail: Sendable, Hashable {
  /// A value with its name.
  public struct Field: Sendable, Hashable {
    /// The name people know it by.
    public var title: String
    /// The value.
    public var value: ListCell
    /// The record the value names, when it names one.
    public var link: RecordReference?

    /// A value.
    public init(_ title: String, _ value: ListCell, link: RecordReference? = nil) {
      (self.title, self.value, self.link) = (title, value, link)
    }
  }

  /// A way to other records: `Leases 12`, followed by opening the list.
  public struct Link: Sendable, Hashable {
    /// What it leads to, in words.
    public var title: String
    /// The list it opens.
    public var query: ListQuery
    /// How many records there are.
    public var count: Int

    /// A way to other records.
    public init(_ title: String, _ query: ListQuery, count: Int) {
      (self.title, self.query, self.count) = (title, query, count)
    }
  }

  /// One thing that happened to the record.
  public struct Event: Sendable, Hashable {
    /// When.
    public var at: Instant
    /// Who, or which service.
    public var actor: String
    /// What, in words.
    public var text: String

    /// A thing that happened.
    public init(at: Instant, actor: String, text: String) {
      (self.at, self.actor, self.text) = (at, actor, text)
    }
  }

  /// Which record.
  public var reference: RecordReference
  /// The record in words: `Lease 1042-3  Maple Court 2B`.
  public var title: String
  /// Its values.
  public var fields: [Field]
  /// Titles of the columns of its lines; empty for a record without lines.
  public var lineTitles: [String]
  /// Its lines.
  public var lines: [[ListCell]]
  /// The ways to other records.
  public var links: [Link]
  /// What happened to it, the newest first.
  public var history: [Event]
  /// The record as the service sent it, as indented JSON; nil when none was kept.
  public var source: String?

  /// A record.
  public init(
    _ reference: RecordReference, title: String, fields: [Field], lineTitles: [String] = [],
    lines: [[ListCell]] = [], links: [Link] = [], history: [Event] = [], source: String? = nil
  ) {
    (self.reference, self.title, self.fields) = (reference, title, fields)
    (self.lineTitles, self.lines, self.links) = (lineTitles, lines, links)
    (self.history, self.source) = (history, source)
  }
}

/// A record found by what was typed into the palette.
public struct RecordHit: Sendable, Hashable {
  /// Which record.
  public var reference: RecordReference
  /// The record in words.
  public var title: String
  /// What tells it from others of the same name: its property, its date.
  public var subtitle: String

  /// A record.
  public init(_ reference: RecordReference, title: String, subtitle: String) {
    (self.reference, self.title, self.subtitle) = (reference, title, subtitle)
  }
}
