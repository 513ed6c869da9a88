import ArgumentParser
import Foundation
import LiveKit
import SansIO

/// `jask token`: a token for a person to join a room with.
struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Prints an access token with which a client can join a room.")

    @OptionGroup var server: ServerOptions
    @Option(help: "The room to join.") var room: String
    @Option(help: "The participant's identity, unique in the room.") var identity: String
    @Option(help: "The name that others see; the identity if left out.") var name: String?
    @Option(help: "The role at Jask: candidate, interviewer or observer. It counts only without --update-metadata.")
    var role: Role?
    @Flag(help: "The participant may change its own metadata and attributes.") var updateMetadata = false
    @Option(help: "The agent to dispatch by name when this token creates the room.") var agentName: String?
    @Option(help: "How long the token is valid, in minutes, 1 to 10080.") var minutes = 360

    enum Role: String, ExpressibleByArgument, CaseIterable {
        case candidate, interviewer, observer
    }

    func validate() throws {
        guard (1...10_080).contains(minutes) else {
            throw ValidationError("--minutes \(minutes): from 1 to 10080 (a week) is allowed")
        }
        guard !room.isEmpty, !identity.isEmpty else { throw ValidationError("--room and --identity must not be empty") }
    }

    func run() async throws {
        let configuration = try server.load()
        if let role, updateMetadata {
            Terminal.complain(
                "--role \(role.rawValue) does not count here: with --update-metadata anybody can name themselves that")
        }
        let token = try Self.mint(
            key: try configuration.key(), room: room, identity: identity, name: name, role: role?.rawValue,
            canUpdateMetadata: updateMetadata, agentName: agentName, validity: .seconds(minutes * 60))
        print(token.jwt)
    }

    /// A token for an ordinary participant.
    static func mint(
        key: APIKey, room: String, identity: String, name: String? = nil, role: String? = nil,
        canUpdateMetadata: Bool = false, agentName: String? = nil, validity: Duration = .seconds(6 * 3600)
    ) throws -> AccessToken {
        var grant = VideoGrant.join(room: RoomName(room))
        grant.canUpdateOwnMetadata = canUpdateMetadata
        var claims = TokenClaims(identity: Identity(identity), video: grant)
        claims.name = name ?? identity
        if let role { claims.attributes = ["jask.role": role] }
        if let agentName { claims.roomConfiguration = RoomConfigurationClaim(agents: [.init(agentName: agentName)]) }
        return try AccessToken(
            signing: claims, with: key, now: Int64(Date().timeIntervalSince1970), validity: validity)
    }
}
