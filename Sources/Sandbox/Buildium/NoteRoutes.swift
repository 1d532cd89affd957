import Domain

/// Notes: the same four operations under six kinds of record.
enum NoteRoutes {
  private struct Family {
    var path: String
    var resource: BuildiumResource
    var parent: @Sendable (BuildiumState, Int32) -> Note.Parent?
  }

  private static let families: [Family] = [
    Family(path: "/v1/rentals/#/notes", resource: .rentals) {
      $0.portfolio.properties.contains($1) ? .property($1) : nil
    },
    Family(path: "/v1/rentals/units/#/notes", resource: .rentals) {
      $0.portfolio.units.contains($1) ? .unit($1) : nil
    },
    Family(path: "/v1/rentals/owners/#/notes", resource: .owners) {
      $0.portfolio.owners.contains($1) ? .owner($1) : nil
    },
    Family(path: "/v1/leases/#/notes", resource: .leases) {
      $0.portfolio.leases.contains($1) ? .lease($1) : nil
    },
    Family(path: "/v1/leases/tenants/#/notes", resource: .tenants) {
      $0.portfolio.tenants.contains($1) ? .tenant($1) : nil
    },
    Family(path: "/v1/vendors/#/notes", resource: .vendors) {
      $0.portfolio.vendors.contains($1) ? .vendor($1) : nil
    },
  ]

  static let all: [Route] = families.flatMap { family -> [Route] in
    let parent: @Sendable (BuildiumState, Call) throws(Refusal) -> Note.Parent = {
      (state, call) throws(Refusal) in
      guard let parent = family.parent(state, call.id(0)) else { throw Refusal.notFound() }
      return parent
    }
    return [
      .get(
        family.path, family.resource,
        "updateddatetimefrom:time updateddatetimeto:time lastupdatedbyuserid:int paging"
      ) { (state, call) throws(Refusal) in
        try state.listNotes(of: try parent(state, call), call)
      },
      .send("POST", family.path, family.resource, "Note") { (state, call) throws(Refusal) in
        try state.addNote(to: try parent(state, call), under: family.path, call)
      },
      .get(family.path + "/#", family.resource) { (state, call) throws(Refusal) in
        let note = try state.note(of: try parent(state, call), call)
        return state.object { state.write(note, &$0) }
      },
      .send("PUT", family.path + "/#", family.resource, "Note") {
        (state, call) throws(Refusal) in
        try state.replaceNote(of: try parent(state, call), call)
      },
    ]
  }

  static let keys: SortKeys<Note> = ["id": { .id($0.id) }, "note": { .text($0.text) }]
}

extension BuildiumState {
  func write(_ note: Note, _ writer: inout MessageWriter) {
    writer.put("Id", note.id)
    writer.put("Note", note.text)
    writer.object("LastUpdatedByUser", portfolio.users[note.userId]) { writer, user in
      writer.put("Id", user.id)
      writer.put("FirstName", user.firstName)
      writer.put("LastName", user.lastName)
      writer.put("Href", "https://api.buildium.com/v1/users/\(user.id)")
      writer.put("UpdatedDateTime", note.updated)
    }
  }

  func listNotes(of parent: Note.Parent, _ call: Call) throws(Refusal) -> Answer {
    let user = call.query.id("lastupdatedbyuserid")
    let rows = portfolio.notes.rows.filter {
      $0.parent == parent && call.query.covers($0.updated, "updateddatetime")
        && (user == nil || $0.userId == user)
    }
    return try list(rows, call, NoteRoutes.keys) { write($1, &$0) }
  }

  func note(of parent: Note.Parent, _ call: Call) throws(Refusal) -> Note {
    let note = try find(portfolio.notes, call.id(1), "note")
    guard note.parent == parent else { throw Refusal.notFound("note") }
    return note
  }

  mutating func addNote(
    to parent: Note.Parent, under path: String, _ call: Call
  ) throws(Refusal) -> Answer {
    let id = portfolio.notes.add {
      Note(
        id: $0, parent: parent, text: call.body.text("Note") ?? "", userId: 301, updated: call.now)
    }
    let note = try find(portfolio.notes, id, "note")
    let place = path.split(separator: "#").joined(separator: String(call.id(0)))
    return created("\(place)/\(id)") { write(note, &$0) }
  }

  mutating func replaceNote(of parent: Note.Parent, _ call: Call) throws(Refusal) -> Answer {
    var note = try note(of: parent, call)
    (note.text, note.updated) = (call.body.text("Note") ?? "", call.now)
    let changed = note
    portfolio.notes.update(note.id) { $0 = changed }
    return object { write(changed, &$0) }
  }
}
