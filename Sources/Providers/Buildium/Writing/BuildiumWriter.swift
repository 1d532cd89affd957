// Buildium as a service that is written to: changes that read before they replace, and creates that
// can be found again.
import Background
import Domain
import Sync

extension BuildiumProvider: RecordWriter {
  /// As the protocol says. What Buildium computes, keeps secret or takes only from requests of their
  /// own is not among them, neither is what hangs on another record from birth (a lease's unit).
  public func changeableFields(of resource: Resource) -> [FieldDefinition] {
    Self.changeable(of: resource)
  }

  /// The fields of a resource that Buildium lets a program change; no credentials are needed to know.
  public static func changeable(of resource: Resource) -> [FieldDefinition] {
    changeable[resource] ?? []
  }

  private static let changeable: [Resource: [FieldDefinition]] = Dictionary(
    uniqueKeysWithValues: Resource.allCases.map { resource in
      var names = BuildiumMapping.writtenFields(of: resource)
      if resource == .leases { names.remove("unitId") }
      let fields = RecordSchema.of(resource).fields.filter {
        names.contains($0.name) && $0.kind != .sealed
      }
      return (resource, fields)
    })

  /// As the protocol says.
  public var creatable: Set<PostingKind> { Set(PostingKind.allCases) }

  /// As the protocol says.
  public func problems(
    with record: Record, facts: any PostingFacts
  ) throws(ProviderError) -> [PostingProblem] {
    guard let kind = PostingKind(record) else { return [.unknownKind] }
    return PostingRules(kind, record).problems
      + (try PostingLookups(kind, record, facts).problems())
  }

  // MARK: Changing

  /// As the protocol says.
  public func change(_ change: RecordChange, cancellation: Cancellation) -> RecordOutcome {
    let fresh: Fresh
    do throws(ProviderError) {
      fresh = try self.fresh(change, cancellation)
    } catch {
      switch error.kind {
      case .notFound: return .gone(error)
      case .unsupported, .refused: return .refused(error)
      default: return .notSent(error)
      }
    }
    if let settled = compare(change, fresh) { return settled }
    let body: BuildiumBody
    do throws(ProviderError) {
      body = try self.body(change, fresh)
    } catch {
      return .refused(error)
    }
    if let refusal = refusal(change, body) { return .refused(refusal) }
    return sent(change, fresh, body, cancellation)
  }

  /// A copy made for one change.
  private struct Fresh {
    var json: JSONValue
    var remote: RemoteRecord
    /// A task's type, which the collections of one type do not repeat.
    var taskType: String?
  }

  private func fresh(
    _ change: RecordChange, _ cancellation: Cancellation
  ) throws(ProviderError) -> Fresh {
    let resource = change.key.resource
    guard !changeableFields(of: resource).isEmpty,
      let collection = resource == .tasks ? "/v1/tasks" : Self.collection(resource)
    else {
      throw ProviderError(
        .buildium, .unsupported,
        "Buildium does not let \(resource.title.lowercased()) be changed by a program.")
    }
    var json = try api.get("\(collection)/\(change.key.id)", cancellation: cancellation).json
    var type: String?
    if resource == .tasks {
      type = json["TaskType"]?.string
      // The list of all tasks shows less than a body must repeat.
      if let typed = type.flatMap(TaskMapping.collection) {
        json = try api.get("\(typed)/\(change.key.id)", cancellation: cancellation).json
      }
    }
    guard let remote = try Self.records(resource, json).first, remote.key == change.key else {
      throw .unexpected("Buildium answered the question for \(change.key) with another record.")
    }
    return Fresh(json: json, remote: remote, taskType: type)
  }

  /// What the fresh copy settles without a request: that it is not what was expected, or has the
  /// wanted values already. Nil when there is something to send.
  private func compare(_ change: RecordChange, _ fresh: Fresh) -> RecordOutcome? {
    let now = fresh.remote.record
    var strange: [String] = []
    var isThere = true
    for (field, wanted) in change.record.fields where now[field] != wanted {
      isThere = false
      if now[field] != change.expected[field] { strange.append(field) }
    }
    if !change.record.lines.isEmpty, !RecordLines.isSame(change.record.lines, now.lines) {
      isThere = false
      if !RecordLines.isSame(change.expected.lines, now.lines) { strange.append("lines") }
    }
    if isThere {
      return .done(
        WrittenRecord(key: change.key, records: [fresh.remote], wasSent: false))
    }
    return strange.isEmpty ? nil : .stale(fresh: fresh.remote, fields: strange.sorted())
  }

  private func body(
    _ change: RecordChange, _ fresh: Fresh
  ) throws(ProviderError) -> BuildiumBody {
    var record = change.record
    if let type = fresh.taskType { record["task_type"] = .text(type) }
    var options = BuildiumMapping.Options()
    if !record.lines.isEmpty {
      record.lines = RecordLines.numbered(record.lines, like: fresh.remote.record.lines)
      let kept = Set(record.lines.compactMap { $0["buildium_line_id"]?.integer })
      // A PATCH cannot take a line away.
      options.replacesBill = !fresh.remote.record.lines.allSatisfy {
        $0["buildium_line_id"]?.integer.map(kept.contains) ?? false
      }
    }
    return try BuildiumMapping.body(
      for: record, id: change.key.id, current: fresh.json, options: options)
  }

  /// Why a body is not sent: Buildium would refuse it, takes none of it, or it would clear what
  /// Buildium shows only in part.
  private func refusal(_ change: RecordChange, _ body: BuildiumBody) -> ProviderError? {
    func error(_ message: String, _ hint: String) -> ProviderError {
      ProviderError(.buildium, .refused, message, hint: hint)
    }
    let asked = Set(change.record.fields.keys)
    if !asked.isEmpty, change.record.lines.isEmpty, asked.isSubset(of: body.notWritten) {
      let names = asked.sorted().joined(separator: ", ").replacing("_", with: " ")
      return error(
        "Buildium's API does not take \(names) of \(change.key).", "Change it in Buildium.")
    }
    if !body.problems.isEmpty {
      return error(
        body.problems.joined(separator: " "),
        "Complete the record in Buildium, or correct the value; nothing was sent.")
    }
    let clears = Self.known(body.lostOnReplace, change.key.resource)
    guard !clears.isEmpty, !change.mayClear else { return nil }
    return error(
      "Changing \(change.key) would clear \(clears.joined(separator: ", ")), which Buildium shows"
        + " only in part and takes only whole.",
      "Make the change in Buildium, or allow it to be cleared.")
  }

  /// Those of the members a replacement clears that are known to hold something; the others cannot
  /// be seen at all.
  private static func known(_ lost: [String], _ resource: Resource) -> [String] {
    let unseen = BuildiumMapping.unreadableMembers(of: resource)
    return lost.filter { !unseen.contains($0) }
  }

  private func sent(
    _ change: RecordChange, _ fresh: Fresh, _ body: BuildiumBody, _ cancellation: Cancellation
  ) -> RecordOutcome {
    do throws(ProviderError) {
      let json = try api.sendOnce(
        body.method, body.path, body.json, cancellation: cancellation)
      var records: [RemoteRecord] = []
      if !json.isNull {
        do throws(ProviderError) {
          // A sub-account answers as itself; of an account with sub-accounts the first is meant.
          records = Array(try Self.records(change.key.resource, json).prefix(1))
        } catch {
          throw BuildiumFailure.doubt(error)
        }
      }
      if var task = records.first, let type = fresh.taskType, task.record["task_type"].isNull {
        task.record["task_type"] = .text(type)
        records = [task]
      }
      return .done(
        WrittenRecord(
          key: change.key, records: records, notWritten: body.notWritten,
          cleared: body.method == "PUT" ? body.lostOnReplace : []))
    } catch {
      return error.kind == .notFound ? missed(change, error, cancellation) : Self.outcome(error)
    }
  }

  /// What a 404 to a write means: only another one to the question for the record says that it is
  /// gone, for it was there a moment ago.
  private func missed(
    _ change: RecordChange, _ answer: ProviderError, _ cancellation: Cancellation
  ) -> RecordOutcome {
    do throws(ProviderError) {
      _ = try fresh(change, cancellation)
      return .refused(answer)
    } catch {
      return error.kind == .notFound ? .gone(error) : .notSent(error)
    }
  }

  /// The class of a failed request that was sent once.
  static func outcome(_ error: ProviderError) -> RecordOutcome {
    switch error.kind {
    case .doubt, .unexpectedAnswer: .doubt(error)
    // A path that is not there: the parent of what was to be made.
    case .refused, .notFound, .unsupported: .refused(error)
    default: .notSent(error)
    }
  }
}
