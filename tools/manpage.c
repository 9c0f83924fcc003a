// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * manpage <TEMPLATE >PAGE: a manual page in mdoc(7), in which the lines
 *
 *   @synopsis@  stand for the synopses of all commands
 *   @nbd@       stands for what `help nbd` says; so do the other commands
 *
 * What the help texts look like, they must look like for this: two spaces before a paragraph or a
 * heading (which begins with a word in capitals), four before the term of a list, two and more between
 * the term and its text, " " between paragraphs; behind EXAMPLES two before text, four before a session.
 */
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "render/help.h"

#define LINE_LENGTH 76
#define MAX_TEXT    4096

static char *const *const commands[] = {help_nbd, help_unix_peer, help_file_owner};
#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

/* What a list item's text or a paragraph gathers before it is printed. */
static char paragraph[MAX_TEXT];
static bool in_list, in_inner_list, in_session;
/* Where the terms of the inner list begin. */
static size_t inner_indent;
/* The next paragraph stands apart from what was before: not behind a heading. */
static bool apart;

static size_t indent_of(const char *line)
{
	return strspn(line, " ");
}

/* A word of text: a leading hyphen is a minus, a leading dot no request. Returns its length. */
static size_t print_word(const char *word, size_t len)
{
	if (*word == '.' || *word == '\'')
		fputs("\\&", stdout);
	for (size_t i = 0; i < len; i++) {
		if (word[i] == '\\')
			fputs("\\e", stdout);
		else if (word[i] == '-' && (!i || !isalnum((unsigned char)word[i - 1])))
			fputs("\\-", stdout);
		else if (!strncmp(word + i, "()", 2))
			fputs("\\&(",
			      stdout); /* else mandoc takes it for a function of this page's */
		else
			putchar(word[i]);
	}
	return len;
}

/* mdoc wants each sentence to begin a line, and no line longer than 80. */
static void print_text(const char *text)
{
	size_t column = 0;

	for (text += strspn(text, " "); *text; text += strspn(text, " ")) {
		size_t len = strcspn(text, " ");

		if (column && column + len > LINE_LENGTH) {
			putchar('\n');
			column = 0;
		}
		if (column)
			column += (size_t)printf(" ");
		column += print_word(text, len);
		if (strchr(".?!", text[len - 1])) {
			putchar('\n');
			column = 0;
		}
		text += len;
	}
	if (column)
		putchar('\n');
}

static void gather(const char *text)
{
	if (strlen(paragraph) + strlen(text) + 2 > sizeof(paragraph)) {
		fprintf(stderr, "manpage: a paragraph of the help is too long: %s\n", text);
		exit(EXIT_FAILURE);
	}
	strcat(strcat(paragraph, " "), text);
}

static void end_paragraph(void)
{
	if (*paragraph && apart)
		puts(".Pp");
	if (*paragraph)
		apart = false;
	print_text(paragraph);
	*paragraph = '\0';
}

static void end_inner_list(void)
{
	end_paragraph();
	if (in_inner_list)
		puts(".El");
	in_inner_list = false;
}

static void end_list(void)
{
	end_inner_list();
	if (in_list)
		puts(".El");
	in_list = false;
}

static void end_session(void)
{
	if (in_session)
		puts(".Ed");
	in_session = false;
}

/* Where the text begins behind a term: behind two spaces or more. NULL: there is no term. */
static const char *behind_term(const char *line)
{
	const char *gap = strstr(line, "  ");

	return gap ? gap + indent_of(gap) : NULL;
}

/* "-d, --device DEV" as .It Fl d , Fl -device Ar DEV; anything else in bold. */
static void print_term(const char *term, const char *end)
{
	while (end > term && end[-1] == ' ')
		end--;
	fputs(".It", stdout);
	if (*term != '-') {
		printf(" Sy \"%.*s\"\n", (int)(end - term), term);
		return;
	}
	while (term < end) {
		size_t len = strcspn(term, " ,");

		if (*term == '-')
			printf(" Fl %.*s", (int)len - 1, term + 1);
		else
			printf(" Ar %.*s", (int)len, term);
		term += len;
		if (*term == ',')
			fputs(" ,", stdout);
		term += strspn(term, " ,");
	}
	putchar('\n');
}

/* What stands behind a term, in that column; where it has a term itself ("open   another socket ..."), an inner list. */
static void item_text(const char *text, size_t column)
{
	const char *inner = behind_term(text);

	if (!inner && in_inner_list && column <= inner_indent) {
		fprintf(stderr, "manpage: neither a term nor the text of the one above: %s\n",
			text);
		exit(EXIT_FAILURE);
	}
	if (!inner) {
		gather(text);
		return;
	}
	end_paragraph();
	if (!in_inner_list)
		puts(".Bl -tag -width Ds -compact");
	in_inner_list = true;
	inner_indent = column;
	print_term(text, inner);
	gather(inner);
}

static void item(const char *line, size_t column)
{
	const char *text = behind_term(line);

	end_inner_list();
	if (!in_list)
		puts(".Bl -tag -width Ds");
	in_list = true;
	apart = false;
	if (!text) {
		fprintf(stderr, "manpage: a term without a text: %s\n", line);
		exit(EXIT_FAILURE);
	}
	print_term(line, text);
	item_text(text, column + (size_t)(text - line));
}

static bool is_heading(const char *text)
{
	return isupper((unsigned char)text[0]) && isupper((unsigned char)text[1]);
}

static void heading(const char *text)
{
	end_list();
	printf(".Ss %s\n", text);
	apart = false;
}

static void body_line(const char *line)
{
	size_t indent = indent_of(line);
	const char *text = line + indent;

	if (!*text) {
		end_list();
		apart = true;
	} else if (indent == 4 || (indent == 8 && *text == '-')) {
		item(text, indent);
	} else if (indent > 4) {
		item_text(text, indent);
	} else if (is_heading(text)) {
		heading(text);
	} else {
		gather(text);
	}
}

/* Of a session: each character as it is; "%s" is crash's name. */
static void session_line(const char *line)
{
	if (!in_session)
		puts(".Bd -literal -offset indent");
	in_session = true;
	if (*line == '.' || *line == '\'')
		fputs("\\&", stdout);
	for (; *line; line++) {
		if (!strncmp(line, "%s", 2)) {
			fputs("crash", stdout);
			line++;
		} else if (*line == '\\' || *line == '-') {
			printf("\\%c", *line == '-' ? '-' : 'e');
		} else if (*line != '\n') {
			putchar(*line);
		}
	}
	putchar('\n');
}

static void example_line(const char *line)
{
	size_t indent = indent_of(line);

	if (indent >= 4) {
		session_line(line + 4);
		return;
	}
	end_session();
	gather(line);
	paragraph[strcspn(paragraph, "\n")] = '\0';
	end_paragraph();
	apart = true;
}

static void print_help(char *const *help)
{
	bool examples = false;

	printf(".Sy %s\n\\-\n", help[0]);
	print_text(help[1]);
	printf(".Bd -ragged -offset indent\n.Sy %s\n", help[0]);
	print_text(help[2]);
	puts(".Ed");
	apart = true;
	for (char *const *line = help + 3; *line; line++) {
		if (examples) {
			example_line(*line);
		} else if (**line == '\n') {
			heading(*line + 1);
			examples = true;
		} else {
			body_line(*line);
		}
	}
	end_list();
	end_session();
}

static void print_synopses(void)
{
	for (size_t i = 0; i < COMMANDS; i++) {
		printf("%s.Ic %s\n", i ? ".Pp\n" : "", commands[i][0]);
		print_text(commands[i][2]);
	}
}

/* What a line "@word@" stands for. */
static void substitute(const char *word)
{
	if (!strcmp(word, "synopsis")) {
		print_synopses();
		return;
	}
	for (size_t i = 0; i < COMMANDS; i++) {
		if (!strcmp(word, commands[i][0])) {
			print_help(commands[i]);
			return;
		}
	}
	fprintf(stderr, "manpage: nothing is known for @%s@\n", word);
	exit(EXIT_FAILURE);
}

int main(void)
{
	char line[MAX_TEXT];

	while (fgets(line, sizeof(line), stdin)) {
		size_t len = strcspn(line, "\n");

		if (len > 2 && line[0] == '@' && line[len - 1] == '@') {
			line[len - 1] = '\0';
			substitute(line + 1);
		} else {
			fputs(line, stdout);
		}
	}
	return ferror(stdin) || fflush(stdout) ? EXIT_FAILURE : EXIT_SUCCESS;
}
