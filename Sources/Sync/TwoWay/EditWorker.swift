import Background
import Domain
import Storage

/// Merges what people edited at the mirror, and carries what belongs there to the service that holds
/// the records: one record at a time, each write durable before it leaves.
struct EditWorker {
  /// Pairs laid out in one look at the table.
  private static let pairsMax = 200
  /// A record that changes under every attempt is left to the next run.
  private static let attemptsMax = 3
  /// The edits one run takes without a person: so many, or so large a part of what is known.
  private static let editsMax = 100
  private static let editsPercent = 30
  /// How many names a message lists.
  private static let namesMax = 20

  let way: TwoWay
  let resource: Resource

  private var mirror: Service { way.mirror.service }
  private var service: Service { way.writer.service }

  /// Posts the rows that ask for it, sends what was entered here, works on every pair of a resource.
  static func edit(_ resource: Resource, _ way: TwoWay) -> TaskEnd {
    var tables: [ObservedTable] = []
    if ObservedTable.of(resource).hasPosting { tables.append(.of(resource)) }
    // What is planned is posted as a transaction.
    if resource == .transactions { tables.append(.forecasts) }
    for table in tables {
      let end = PostingWorker(way: way, table: table).work()
      guard case .done = end else { return end }
    }
    // Bills need no table of their own at the mirror to leave from here.
    if resource == .bills {
      let end = HomeWorker(way: way).work()
      guard case .done = end else { return end }
    }
    for table in tables where !way.options.isDryRun {
      let end = PostingWorker(way: way, table: table).answer()
      guard case .done = end else { return end }
    }
    return EditWorker(way: way, resource: resource).work()
  }

  /// Works on every pair that is out of step.
  func work() -> TaskEnd {
    do throws(SyncError) {
      if let end = try settleDoubts() { return end }
      try MassDeletion(way: way, resource: resource).hold()
      if try isHeld() { return try finish() }
      var after: LocalID?
      // Each turn ends with a later pair, so there are as many as pairs.
      while true {
        let (mirror, resource, last) = (mirror, resource, after)
        let pairs = try way.hub.read { (sync) throws(StorageError) in
          try sync.pairs(mirror, resource, after: last, limit: Self.pairsMax)
        }
        for pair in pairs {
          if way.state.shouldStop { return .interrupted }
          let end = try work(on: pair.localID)
          guard case .done = end else { return end }
        }
        guard pairs.count == Self.pairsMax else { return try finish() }
        after = pairs.last?.localID
      }
    } catch {
      return TaskEnd(error)
    }
  }

  /// What is left to be sent the other way goes unless it is so much that it looks like an accident.
  private func finish() throws(SyncError) -> TaskEnd {
    try MassChange(way: way, resource: resource).hold().map(TaskEnd.dead) ?? .done
  }

  /// So many edits at once look like an accident: they wait until a person says they are none.
  private func isHeld() throws(SyncError) -> Bool {
    let (mirror, service, resource) = (mirror, service, resource)
    let (options, state) = (way.options, way.state)
    let (edited, known) = try way.hub.read { (sync) throws(StorageError) in
      (try sync.editedCount(mirror, resource), try sync.sinkIDs(mirror, resource).count)
    }
    let limit = max(Self.editsMax, known * Self.editsPercent / 100)
    guard edited > limit else {
      try MassChange.end(way.hub, .edited, service, resource)
      return false
    }
    if options.accepts(.edited, edited) {
      try way.hub.write { (tables) throws(StorageError) in
        try MassChange.permit(tables.records, .edited, service, resource, by: options.person)
      }
      return false
    }
    let names = try way.hub.read { (sync) throws(StorageError) in
      var names: [String] = []
      for pair in try sync.pairs(mirror, resource, after: nil, limit: HeldChange.namesMax) {
        if let row = try sync.sink(mirror, resource, localID: pair.localID) {
          names.append(row.key.description)
        }
      }
      return names
    }
    let text =
      "\(edited) of \(known) rows of \(resource.title) were edited at \(mirror.title) since the last "
      + "run; none of it was sent to \(service.title). They are: "
      + names.prefix(Self.namesMax).joined(separator: ", ")
      + (edited > Self.namesMax ? " and more" : "")
      + ". If that was meant, run `rentbook sync --resource \(resource) --accept-mass-change`."
    if !options.isDryRun {
      let held = HeldChange(.edited, service, resource, text: text, names: names, count: edited)
      try way.hub.write { (tables) throws(StorageError) in
        try MassChange.hold(tables.records, held)
      }
    }
    state.count(resource) { $0.failed += 1 }
    state.say(.error, text, nil)
    return true
  }

  // MARK: One pair

  /// A write that is to leave.
  private struct Sending {
    var intent: Intent
    var write: PairWrite
    var change: RecordChange
  }

  private func work(on id: LocalID) throws(SyncError) -> TaskEnd {
    for _ in 0..<Self.attemptsMax {
      guard let sending = try plan(id) else { return .done }
      if way.options.isDryRun {
        try preview(sending)
        return .done
      }
      let (end, isSettled) = try deliver(sending)
      if isSettled { return end }
    }
    return .done
  }

  /// Merges the pair and makes the write durable, if there is one.
  private func plan(_ id: LocalID) throws(SyncError) -> Sending? {
    let now = way.state.now
    return try way.hub.write { (tables) throws(StorageError) in
      let sync = tables.sync
      guard let row = try sync.sink(mirror, resource, localID: id), row.waiting != .duplicate,
        try sync.openIntent(mirror, resource, localID: id) == nil,
        try sync.openIntent(service, resource, localID: id) == nil
      else { return nil }
      let record =
        row.isGone ? nil : try tables.mirror(resource, id, key: row.key, today: way.today)
      let desk = try way.desk(tables, resource, isOpen: Sides(left: true, right: false))
      var pair = try desk.lay(row, mirror: record)
      if let since = pair.stored.editedBefore,
        now < since.adding(milliseconds: Int64(way.options.settleSeconds) * 1_000)
      {
        return nil
      }
      for effect in try desk.step(&pair, .look(desk.rules)) {
        guard case .send(.left, let write) = effect, write.action == .update else { continue }
        return try prepare(write, pair, tables, now: now)
      }
      return nil
    }
  }

  private func prepare(
    _ write: PairWrite, _ pair: PairDesk.Pair, _ tables: HubTables, now: Instant
  ) throws(StorageError) -> Sending? {
    guard let record = try tables.records.record(resource, pair.row.localID) else { return nil }
    let changeable = Set(way.writer.changeableFields(of: resource).map(\.name))
    var change = Record(resource)
    var expected = Record(resource)
    for (name, value) in write.fields {
      let kind = MirrorSchema.field(name, of: resource)?.kind ?? .text
      for (target, value) in BackProjection.values(
        name, Canon.written(value, kind), in: record, changeable: changeable)
      {
        change[target] = value
        expected[target] = record[target]
      }
    }
    var intent = Intent(
      service: service, localID: pair.row.localID, key: pair.row.key, action: .update,
      remoteID: pair.row.key.id, fields: BaseText.write(write.fields), stamp: pair.row.stamp)
    intent.expected =
      JSONValue.object([
        "shown": json(write.expected), "change": json(change.fields),
        "expected": json(expected.fields),
      ]).canonicalText
    intent.agreed =
      JSONValue.object([
        "left": json(write.agreed.left), "right": json(write.agreed.right),
      ]).canonicalText
    intent.id = try tables.sync.put(intent, epoch: way.hub.epoch, at: now)
    return Sending(
      intent: intent, write: write,
      change: RecordChange(
        intentID: String(intent.id), key: pair.row.key, record: change, expected: expected))
  }

  private func json(_ fields: FieldValues) -> JSONValue {
    var object = JSONObject()
    for name in fields.keys.sorted() { object[name] = fields[name]?.json }
    return .object(object)
  }

  /// Says what would be written, and takes the write back: this store is thrown away.
  private func preview(_ sending: Sending) throws(SyncError) {
    let id = sending.intent.id
    try way.hub.write { (tables) throws(StorageError) in try tables.sync.end(intent: id) }
    way.state.count(resource) { $0.sourceUpdated += 1 }
    way.state.plan(
      PlannedWrite(
        service: service, key: sending.intent.key, action: .update,
        changes: sending.change.record.fields.keys.sorted().map { name in
          PlannedWrite.Change(
            field: name, before: sending.change.expected[name],
            after: sending.change.record[name])
        }))
  }

  // MARK: Sending and settling

  /// Sends one write; whether the pair is done with for this run.
  private func deliver(_ sending: Sending) throws(SyncError) -> (TaskEnd, isSettled: Bool) {
    try way.hub.reach(.beforeSend)
    let outcome = way.writer.change(sending.change, cancellation: way.state.cancellation)
    try way.hub.reach(.afterSend)
    let id = sending.intent.id
    switch outcome {
    case .done(let written):
      var fresh = written.records
      if fresh.isEmpty {
        // The service answered without a body: what it holds now is read, so that the old copy here
        // is not taken for an edit of the new value.
        guard let read = try read(sending.intent.key) else {
          try doubt(id, "the record could not be read after it was written")
          return (.done, true)
        }
        fresh = [read]
      }
      try land(sending, fresh)
      if !written.notWritten.isEmpty {
        way.state.say(
          .warning,
          "\(service.title) did not take \(written.notWritten.joined(separator: ", ")) of "
            + "\(sending.intent.key).", sending.intent.key)
      }
      return (.done, true)
    case .stale(let fresh, _):
      try take(sending, fresh)
      return (.done, false)
    case .gone:
      let now = way.state.now
      try way.hub.write { (tables) throws(StorageError) in
        try tables.sync.end(intent: id)
        try tables.drop(sending.intent.key, at: now)
      }
      return (.done, true)
    case .refused(let error):
      try refuse(sending, error)
      return (.done, true)
    case .doubt(let error):
      try doubt(id, error.message)
      return (.failed(error), true)
    case .notSent(let error):
      try way.hub.write { (tables) throws(StorageError) in try tables.sync.end(intent: id) }
      return (TaskEnd(error), true)
    }
  }

  private func read(_ key: RemoteKey) throws(SyncError) -> RemoteRecord? {
    do throws(ProviderError) {
      return try way.source.record(
        key.resource, id: key.id, context: StoredContext(hub: way.hub, service: service),
        cancellation: way.state.cancellation)
    } catch {
      return nil
    }
  }

  private func doubt(_ id: Int64, _ text: String) throws(SyncError) {
    try way.hub.write { (tables) throws(StorageError) in
      try tables.sync.doubt(intent: id, text)
    }
  }

  /// The base moves to what was sent; the copy here to what the service holds now.
  private func land(_ sending: Sending, _ fresh: [RemoteRecord]) throws(SyncError) {
    try settle(sending, fresh, .landed)
    way.state.count(resource) { $0.sourceUpdated += 1 }
  }

  private func take(_ sending: Sending, _ fresh: RemoteRecord) throws(SyncError) {
    try settle(sending, [fresh], .notSent)
  }

  private func settle(
    _ sending: Sending, _ fresh: [RemoteRecord], _ answer: PairAnswer
  ) throws(SyncError) {
    let now = way.state.now
    let id = sending.intent.localID
    try way.hub.write { (tables) throws(StorageError) in
      try tables.sync.end(intent: sending.intent.id)
      if let row = try tables.sync.sink(mirror, resource, localID: id) {
        let record =
          row.isGone ? nil : try tables.mirror(resource, id, key: row.key, today: way.today)
        let desk = try way.desk(tables, resource, isOpen: Sides(both: false))
        var pair = try desk.lay(row, mirror: record)
        pair.machine.writes.left = sending.write
        _ = try desk.step(&pair, .answered(.left, answer))
      }
      var counts = StoredCounts()
      for record in fresh { try tables.take(record, run: 0, received: now, &counts) }
      try tables.sync.mark(mirror, resource, localID: id)
    }
  }

  private func refuse(_ sending: Sending, _ error: ProviderError) throws(SyncError) {
    let now = way.state.now
    let text = Sender.reason(error, sending.intent.key)
    let id = sending.intent.localID
    try way.hub.write { (tables) throws(StorageError) in
      try tables.sync.bury(intent: sending.intent.id, text, kind: "refused", at: now)
      guard let row = try tables.sync.sink(mirror, resource, localID: id) else { return }
      let record =
        row.isGone ? nil : try tables.mirror(resource, id, key: row.key, today: way.today)
      var desk = try way.desk(tables, resource, isOpen: Sides(both: false))
      desk.words = text
      var pair = try desk.lay(row, mirror: record)
      pair.machine.writes.left = sending.write
      if try desk.step(&pair, .answered(.left, .refused)).contains(where: \.isReturn) {
        // The conflict that waits again says what was refused; nothing else is given up.
        try tables.sync.end(intent: sending.intent.id)
        try tables.sync.mark(mirror, resource, localID: id)
      }
    }
    way.state.count(resource) { $0.failed += 1 }
    way.state.say(.error, text, sending.intent.key)
  }

  // MARK: Doubts

  /// What became of writes whose answer never came: each is compared with a fresh copy, which shows
  /// that it landed or lets it be sent again.
  private func settleDoubts() throws(SyncError) -> TaskEnd? {
    let (service, resource) = (service, resource)
    let intents = try way.hub.read { (sync) throws(StorageError) in
      try sync.intents(service, resource, .doubt, limit: Self.pairsMax)
    }
    for intent in intents {
      if way.state.shouldStop { return .interrupted }
      guard let sending = restored(intent) else {
        try way.hub.write { (tables) throws(StorageError) in
          try tables.sync.end(intent: intent.id)
        }
        continue
      }
      let (end, _) = try deliver(sending)
      guard case .done = end else { return end }
    }
    return nil
  }

  private func restored(_ intent: Intent) -> Sending? {
    guard let plan = try? JSONValue(parsing: intent.expected),
      let agreed = try? JSONValue(parsing: intent.agreed)
    else { return nil }
    let shown = MirrorSchema.fields(of: resource)
    let own = RecordSchema.of(resource).fields
    func values(_ json: JSONValue?, _ fields: [FieldDefinition]) -> FieldValues {
      json.map { BaseText.read($0.canonicalText, fields) } ?? [:]
    }
    let write = PairWrite(
      action: .update, fields: BaseText.read(intent.fields, shown),
      expected: values(plan["shown"], shown),
      agreed: Sides(left: values(agreed["left"], shown), right: values(agreed["right"], shown)),
      losses: [])
    return Sending(
      intent: intent, write: write,
      change: RecordChange(
        intentID: String(intent.id), key: intent.key,
        record: Record(resource, values(plan["change"], own)),
        expected: Record(resource, values(plan["expected"], own))))
  }
}
