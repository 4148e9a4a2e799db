// PostgreSQL: how the application reaches it, what it keeps there,
// and whether it is as far as this code needs it.

using Microsoft.AspNetCore.Diagnostics;
using Npgsql;

namespace App;

/// <summary>
/// What a visitor left; the contact is sealed, the words are null until
/// the worker has counted them.
/// </summary>
public sealed record Note(long Id, string Text, int? Words, byte[]? Contact, string? Upload, string? UploadName);

/// <summary>
/// Connections are kept in a pool, which Npgsql mends after the server
/// was away.
/// </summary>
public sealed class Database(string? connection) : IDisposable
{
    private const string Columns = "id, text, words, contact, upload, upload_name";
    private readonly NpgsqlDataSource? source = connection is null ? null : NpgsqlDataSource.Create(connection);

    public bool Exists => source is not null;

    public NpgsqlDataSource Source => source ?? throw new InvalidOperationException("there is no database");

    /// <summary>
    /// Whether it is gone, starting or not migrated: that passes, and a
    /// visitor can be told.
    /// </summary>
    public static bool IsAway(Exception? error) => error switch
    {
        null => false,
        PostgresException refused => refused.IsTransient
            || refused.SqlState is PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.UndefinedColumn,
        NpgsqlException => true,
        _ => IsAway(error.InnerException),
    };

    /// <summary>
    /// Migrations that this code needs and the database lacks. What a
    /// later release has added does not count: old code goes on while
    /// the new one arrives, and after a way back. So a migration adds
    /// first, and takes away only what no running code asks for any
    /// more.
    /// </summary>
    public async Task<IReadOnlyList<string>> Missing()
    {
        var done = new HashSet<string>();
        try
        {
            await using NpgsqlCommand command = Source.CreateCommand("SELECT name FROM migrations");
            await using NpgsqlDataReader rows = await command.ExecuteReaderAsync();
            while (await rows.ReadAsync())
            {
                done.Add(rows.GetString(0));
            }
        }
        catch (PostgresException error) when (error.SqlState == PostgresErrorCodes.UndefinedTable)
        {
            // Nobody has migrated yet.
        }
        return [.. Migrations.Names.Where(name => !done.Contains(name))];
    }

    /// <summary>Add one visit; return how many there are.</summary>
    public async Task<long> Visit()
    {
        await using NpgsqlBatch batch = Source.CreateBatch();
        batch.BatchCommands.Add(new("INSERT INTO visits DEFAULT VALUES"));
        batch.BatchCommands.Add(new("SELECT count(*) FROM visits"));
        return (long)(await batch.ExecuteScalarAsync())!;
    }

    /// <summary>
    /// Keep a note, and ask the worker to count its words: both or
    /// neither.
    /// </summary>
    public async Task<long> Keep(string text, byte[]? contact, string? upload, string? uploadName)
    {
        await using NpgsqlConnection connection = await Source.OpenConnectionAsync();
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync();
        await using NpgsqlCommand command = new(
            "INSERT INTO notes (text, contact, upload, upload_name) VALUES ($1, $2, $3, $4) RETURNING id", connection);
        foreach (object? value in new object?[] { text, contact, upload, uploadName })
        {
            command.Parameters.Add(new() { Value = value ?? DBNull.Value });
        }
        long number = (long)(await command.ExecuteScalarAsync())!;
        await Jobs.Add(connection, Jobs.CountWords, $"{number}");
        await transaction.CommitAsync();
        return number;
    }

    /// <summary>The newest notes with this in their text.</summary>
    public Task<List<Note>> Search(string part) =>
        Notes($"SELECT {Columns} FROM notes WHERE position($1 IN text) > 0 ORDER BY id DESC LIMIT 50", part);

    public async Task<Note?> Find(long number) =>
        (await Notes($"SELECT {Columns} FROM notes WHERE id = $1", number)).FirstOrDefault();

    public void Dispose() => source?.Dispose();

    private async Task<List<Note>> Notes(string query, object value)
    {
        await using NpgsqlCommand command = Source.CreateCommand(query);
        command.Parameters.Add(new() { Value = value });
        await using NpgsqlDataReader rows = await command.ExecuteReaderAsync();
        var found = new List<Note>();
        while (await rows.ReadAsync())
        {
            found.Add(new(
                rows.GetInt64(0), rows.GetString(1), rows[2] as int?,
                rows[3] as byte[], rows[4] as string, rows[5] as string));
        }
        return found;
    }
}

/// <summary>
/// Whoever asked while it is away is told that it passes.
/// </summary>
public sealed class DatabaseAway(ILogger<DatabaseAway> log) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext context, Exception error, CancellationToken cancelled)
    {
        if (!Database.IsAway(error))
        {
            return false;
        }
        // Npgsql's message names host and user, never the password.
        log.LogWarning("the database is not ready: {reason}", error.GetBaseException().Message);
        context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        context.Response.Headers.RetryAfter = "5";
        await context.Response.WriteAsync("The database is not ready. Try again in a moment.\n", cancelled);
        return true;
    }
}
