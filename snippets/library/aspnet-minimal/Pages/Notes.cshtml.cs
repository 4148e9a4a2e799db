using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace App.Pages;

/// <summary>
/// Notes: what people write and bring, and finds itself again after a
/// release, a crash and a restore.
/// </summary>
// No token in the form: the session's cookie stays
// behind when another site sends one.
[IgnoreAntiforgeryToken]
public sealed class NotesModel(
    Database database, Settings settings, Seal seal, Sessions sessions, ILogger<NotesModel> log) : PageModel
{
    private const int Longest = 2000;

    // A cookie holds four kilobytes.
    private const int Remembered = 20;

    private Session session = new(0, []);

    public IReadOnlyList<Note> Found { get; private set; } = [];

    public bool MayUpload => settings.Uploads is not null;

    /// <summary>
    /// The newest notes, or those with the words asked for.
    /// </summary>
    public async Task<IActionResult> OnGetAsync(string? q)
    {
        if (!database.Exists)
        {
            return NotFound();
        }
        Found = await database.Search(q ?? "");
        session = sessions.Read(HttpContext);
        return Page();
    }

    /// <summary>
    /// Keep a note: what was answered with 303 is in the database, and
    /// its file on the disk.
    /// </summary>
    public async Task<IActionResult> OnPostAsync(string? text, string? contact, IFormFile? file)
    {
        if (!database.Exists)
        {
            return NotFound();
        }
        if (Request.ContentLength > HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>()?.MaxRequestBodySize)
        {
            // Nobody has read the form, so it looks empty.
            return StatusCode(StatusCodes.Status413PayloadTooLarge);
        }
        text = (text ?? "").Trim();
        if (text.Length is 0 or > Longest)
        {
            return BadRequest($"A note is a text of at most {Longest} characters.");
        }
        if (file is not null && settings.Uploads is null)
        {
            return BadRequest("Nobody may bring a file here.");
        }
        string? upload = file is null ? null : await Uploads.Keep(settings.Uploads!, file);
        byte[]? closed = string.IsNullOrWhiteSpace(contact) ? null : seal.Close(contact.Trim());
        long number = await database.Keep(text, closed, upload, file?.FileName);
        session = sessions.Read(HttpContext);
        sessions.Write(HttpContext, session with { Notes = [.. session.Notes.TakeLast(Remembered - 1), number] });
        Response.Headers.Location = "/notes";
        return StatusCode(StatusCodes.Status303SeeOther);
    }

    /// <summary>
    /// Whoever left a contact sees it, and nobody else.
    /// </summary>
    public string? Contact(Note note)
    {
        if (note.Contact is null || !session.Notes.Contains(note.Id))
        {
            return null;
        }
        if (seal.Open(note.Contact) is { } opened)
        {
            return opened;
        }
        log.LogWarning("a contact cannot be opened: it was sealed with a key that is gone");
        return "sealed with a key that is gone";
    }
}
